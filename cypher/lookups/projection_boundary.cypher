// Where a range may be cut at an instant: the instant, or the start of the ledger that it lies in.
//
// That ledger is of the range that begins there: no transfer at or after an end is read, and what
// comes after a ledger never moves an end.
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
CALL () {
  MATCH (a:Account {network: $network})-[t:TRANSFER]->()
  WHERE t.ledger >= 0 AND t.ts >= $instant.epochMillis
  RETURN min(t.ledger) AS after
}
CALL (before, after) {
  WITH before, after WHERE after <= before
  MATCH (a:Account {network: $network})-[t:TRANSFER]->()
  WHERE after <= t.ledger <= before
  WITH t.ledger AS ledger, min(t.ts) AS first, max(t.ts) AS last
  WHERE first < $instant.epochMillis <= last
  RETURN min(first) AS first
}
RETURN datetime({epochMillis: coalesce(first, $instant.epochMillis)}) AS boundary
