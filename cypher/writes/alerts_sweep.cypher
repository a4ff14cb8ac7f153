// Removes the alerts of a batch that its newest run no longer raised, some at once.
//
// One with feedback stays, and says by `run` that it is not the newest run's.
//
// mode    write
// param   network: str
// param   processing_date: str
// param   window_days: int
// param   run: str
// param   limit: int = 1000
// return  removed: int
MATCH (x:Alert {network: $network, processing_date: date($processing_date)})
WHERE x.window_days = $window_days AND x.run <> $run AND NOT EXISTS { (:Feedback)-[:ON]->(x) }
WITH x LIMIT $limit
DETACH DELETE x
RETURN count(*) AS removed
