// Removes the clusters of a batch that its newest run no longer formed.
//
// mode    write
// param   network: str
// param   processing_date: str
// param   window_days: int
// param   run: str
// return  removed: int
MATCH (c:AlertCluster {network: $network, processing_date: date($processing_date)})
WHERE c.window_days = $window_days AND c.run <> $run
DETACH DELETE c
RETURN count(*) AS removed
