// The times of a network's first and last confirmed transfer.
//
// mode    read
// param   network: str
// return  first: datetime, last: datetime
MATCH (a:Account {network: $network})-[t:TRANSFER]->()
WHERE t.ledger >= 0
WITH min(t.ts) AS first, max(t.ts) AS last WHERE last IS NOT NULL
RETURN datetime({epochMillis: first}) AS first, datetime({epochMillis: last}) AS last
