// Every account of a network, in the order of ids.
//
// mode    read
// shape   columns
// param   network: str
// return  account: str
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH a.id AS id ORDER BY id
RETURN collect(id) AS account
