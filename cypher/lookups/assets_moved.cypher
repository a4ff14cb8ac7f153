// Whether transfers of a range move several assets; fees and unconfirmed transfers stay out.
//
// mode    read
// param   network: str
// param   since: datetime = null
// param   until: datetime = null
// return  several: bool
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
CALL (since, until) {
  MATCH (s:Asset {network: $network}) WITH count(s) AS assets, since, until
  WHERE assets > 1
  MATCH (:Account {network: $network})-[t:TRANSFER]->()
  WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
  WITH DISTINCT t.asset AS asset LIMIT 2
  RETURN count(*) AS moved
}
RETURN coalesce(moved, 0) > 1 AS several
