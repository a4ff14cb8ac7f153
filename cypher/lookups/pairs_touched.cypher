// Pairs of accounts with transfers above one ledger and up to another, and how many each has.
//
// mode    read
// shape   columns
// param   network: str
// param   above: int
// param   up_to: int
// return  source: str, target: str, transfers: int
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger > $above AND t.ledger <= $up_to AND a.network = $network
WITH a, b, count(*) AS transfers
RETURN collect(a.id) AS source, collect(b.id) AS target, collect(transfers) AS transfers
