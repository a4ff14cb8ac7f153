// The start of the first ledger that begins at or after an instant: where a range may be cut.
//
// mode    read
// param   network: str
// param   instant: datetime
// return  boundary: datetime
CALL () {
  MATCH (a:Account {network: $network})-[t:TRANSFER]->()
  WHERE t.ledger >= 0 AND t.ts < $instant.epochMillis
  RETURN max(t.ledger) AS before
}
CALL (before) {
  MATCH (a:Account {network: $network})-[t:TRANSFER]->()
  WHERE t.ts >= $instant.epochMillis AND t.ledger > coalesce(before, -1)
  RETURN min(t.ts) AS next
}
RETURN datetime({epochMillis: coalesce(next, $instant.epochMillis)}) AS boundary
