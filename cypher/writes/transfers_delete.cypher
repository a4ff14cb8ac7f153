// Deletes transfers that are replaced, in the transaction that creates the better ones.
//
// mode    write
// param   network: str
// param   ledgers: list[int]
// param   ids: list[str]
// return  deleted: int
UNWIND $ledgers AS ledger
MATCH (s:Account)-[r:TRANSFER {ledger: ledger}]->(:Account)
WHERE s.network = $network AND r.id IN $ids
DELETE r
RETURN count(*) AS deleted
