// Whether a network is the only one with accounts in the graph, and whether there is any FLOW.
//
// mode    read
// param   network: str
// return  alone: bool, has_flow: bool
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH count(a) AS accounts
RETURN accounts = COUNT { (:Account) } AS alone, COUNT { ()-[:FLOW]->() } > 0 AS has_flow
