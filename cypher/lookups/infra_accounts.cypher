// Ids of a network's accounts of infrastructure, sorted.
//
// mode    read
// shape   columns
// param   network: str
// return  account: str
MATCH (a:Account {is_infra: true})
USING INDEX a:Account(is_infra)
WHERE a.id STARTS WITH $network + ':'
WITH a.id AS id ORDER BY id
RETURN collect(id) AS account
