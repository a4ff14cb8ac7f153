// Removes the patterns of a batch that its newest run no longer found, some at once.
//
// mode    write
// param   network: str
// param   processing_date: str
// param   window_days: int
// param   run: str
// param   limit: int = 1000
// return  removed: int
MATCH (p:Pattern {network: $network, processing_date: date($processing_date)})
WHERE p.window_days = $window_days AND p.run <> $run
WITH p LIMIT $limit
DETACH DELETE p
RETURN count(*) AS removed
