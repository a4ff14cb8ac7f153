// Every account of a network in the order of its id, with the number of its transfers out.
//
// mode    read
// shape   columns
// param   network: str
// return  account: str, degree: int
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH a ORDER BY a.id
WITH collect(a) AS accounts
UNWIND range(0, size(accounts) - 1, 20000) AS start
WITH accounts[start..start + 20000] AS part
RETURN [a IN part | a.id] AS account, [a IN part | COUNT { (a)-[:TRANSFER]->() }] AS degree
