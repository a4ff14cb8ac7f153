// Computes again what depends on the transfers of accounts that lost some.
//
// An account left without transfer and tag goes.
//
// mode    write
// param   ids: list[str]
// return  removed: int
UNWIND $ids AS id
MATCH (a:Account {id: id})
CALL (a) {
  OPTIONAL MATCH (a)-[r:TRANSFER]-()
  RETURN count(r) AS transfers, min(r.ts) AS first, max(r.ts) AS last
}
SET a.first_seen = first, a.last_seen = last
WITH a, transfers
WHERE transfers = 0 AND NOT EXISTS { (a)-[:HAS_TAG]->() }
DETACH DELETE a
RETURN count(*) AS removed
