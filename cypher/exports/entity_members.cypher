// Accounts of a network that belong to an entity, as columns.
//
// mode    read
// shape   columns
// param   network: str
// return  account: str, entity: str
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND a.entity IS NOT NULL
RETURN collect(a.id) AS account, collect(a.entity) AS entity
