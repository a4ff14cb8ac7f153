// Jobs that the run of an entry for a fire time has already done, by network.
//
// mode    read
// param   entry: str
// param   due: datetime
// return  job: str, network: str
MATCH (r:JobRun {entry: $entry, due: $due})
WHERE r.state = 'sealed' OR (r.state = 'skipped' AND r.token IS NOT NULL)
RETURN DISTINCT r.job AS job, r.network AS network
