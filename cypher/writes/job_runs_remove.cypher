// Removes runs of a network, or of none, that ended long ago and are not the last of their kind.
//
// The last of a kind is the newest of a job, network and state; what other nodes refer to stays.
//
// mode    write
// param   network: str
// param   days: int
// param   limit: int
// return  removed: int
MATCH (r:JobRun)
WHERE r.network IN [$network, '*'] AND r.state <> 'writing'
WITH r ORDER BY r.started DESC
WITH r.job AS job, r.network AS network, r.state AS state, collect(r) AS runs
UNWIND runs[1..] AS run
WITH run
WHERE run.finished < datetime() - duration({days: $days}) AND NOT (run)--()
LIMIT $limit
DELETE run
RETURN count(*) AS removed
