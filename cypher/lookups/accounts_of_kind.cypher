// Accounts of a network that are of a kind, in the order of their ids.
//
// mode    read
// param   network: str
// param   kind: str
// return  account: str
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND a.kind = $kind
RETURN a.id AS account ORDER BY account
