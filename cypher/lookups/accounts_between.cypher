// Accounts with a transfer in one of several half-open ranges of time (epoch milliseconds).
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   starts: list[int]
// param   ends: list[int]
// return  account: str
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= 0 AND any(n IN range(0, size($starts) - 1) WHERE t.ts >= $starts[n]
  AND t.ts < $ends[n])
  AND a.network = $network AND t.kind <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
UNWIND [a, b] AS end
WITH DISTINCT end
RETURN collect(end.id) AS account
