// Accounts with a transfer in one of several half-open ranges of time (epoch milliseconds).
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   starts: list[int]
// param   ends: list[int]
// return  account: str
MATCH (a)-[t:TRANSFER]->(b)
WITH a, b, t, t.ts AS ts
WHERE any(n IN range(0, size($starts) - 1) WHERE ts >= $starts[n] AND ts < $ends[n])
  AND coalesce(t.ledger, -1) >= 0 AND a.network = $network AND t.kind <> 'fee'
  AND ($asset IS NULL OR t.asset = $asset)
UNWIND [a, b] AS end
WITH DISTINCT end
RETURN collect(end.id) AS account
