// Nodes that a bulk load carries over into the new store: API keys, and records of loads.
//
// mode    read
// param   load: str
// param   others: bool
// return  label: str, properties: map
MATCH (n)
WHERE n:ApiKey OR (n:LoadBatch AND (n.id = $load OR $others))
RETURN labels(n)[0] AS label, properties(n) AS properties
