// Removes patterns of batches before a day that no alert stands on, some at once.
//
// mode    write
// param   network: str
// param   before: str
// param   limit: int = 1000
// return  removed: int
MATCH (p:Pattern {network: $network})
WHERE p.processing_date < date($before) AND NOT EXISTS { (p)-[:TRIGGERS]->() }
WITH p LIMIT $limit
DETACH DELETE p
RETURN count(*) AS removed
