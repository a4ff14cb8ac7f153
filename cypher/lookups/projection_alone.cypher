// Whether a network is the only one that has accounts in the graph, and how many it has.
//
// mode    read
// param   network: str
// return  alone: bool, accounts: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH count(a) AS accounts
RETURN accounts = COUNT { (:Account) } AS alone, accounts
