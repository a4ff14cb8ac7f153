// Evidence of static patterns: of every pair up to 10 transfers, the 5 earliest, then the largest.
//
// pairs: [from, to, asset]; the range is half-open, in epoch milliseconds.
//
// mode    read
// param   pairs: list[list]
// param   since: int
// param   until: int
// param   min_amount: float = 0
// return  pair: int, transfers: list[str]
UNWIND range(0, size($pairs) - 1) AS pair
MATCH (x:Account {id: $pairs[pair][0]}), (y:Account {id: $pairs[pair][1]})
WITH pair, COLLECT {
  MATCH (x)-[t:TRANSFER]->(y)
  WHERE t.asset = $pairs[pair][2] AND t.ts >= $since AND t.ts < $until
    AND coalesce(t.ledger, -1) >= 0
    AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
  RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id
} AS every
WITH pair, every, COLLECT { UNWIND every[5..] AS t RETURN t.id
     ORDER BY t.amount DESC, t.id LIMIT 5 }
  AS largest
RETURN pair, [t IN every[..5] | t.id] + [t IN every[5..] WHERE t.id IN largest | t.id] AS transfers
ORDER BY pair
