// Removes a batch of a run's scores from the graph.
//
// mode    write
// param   run: str
// param   limit: int = 10000
// return  removed: int
MATCH ()-[s:SCORED {run: $run}]->(:ScoreRun)
WITH s LIMIT $limit
DELETE s
RETURN count(*) AS removed
