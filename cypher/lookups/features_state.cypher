// What features depend on beside an account's own transfers: the Checkpoint's ledger and numbers of
// transfers and of those ever removed, and whether several assets move.
//
// mode    read
// param   network: str
// return  ledger: int, transfers: int, removed: int, several: bool
MATCH (c:Checkpoint {network: $network})
CALL () {
  MATCH (s:Asset {network: $network}) WITH count(s) AS assets WHERE assets > 1
  MATCH (:Account {network: $network})-[t:TRANSFER]->() WHERE t.ledger >= 0 AND t.kind <> 'fee'
  WITH DISTINCT t.asset AS asset LIMIT 2
  RETURN count(*) > 1 AS several
}
RETURN c.ledger AS ledger, c.transfers AS transfers, coalesce(c.removed, 0) AS removed,
       several
