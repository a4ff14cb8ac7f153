// Deletes the transfers of ledgers whose block is replaced, in the transaction of the new block.
//
// mode    write
// shape   columns
// param   network: str
// param   ledgers: list[int]
// return  source: str, target: str
UNWIND $ledgers AS ledger
MATCH (s:Account)-[r:TRANSFER {ledger: ledger}]->(t:Account)
WHERE s.network = $network
DELETE r
RETURN collect(s.id) AS source, collect(t.id) AS target
