// Median, 0.9 and 0.99 quantile of what accounts moved of each asset in a range, both ways.
//
// A sum over a range, as the volume of a pattern is; infrastructure and pseudo accounts stay out.
//
// mode    read
// param   network: str
// param   since: datetime
// param   until: datetime
// return  asset: str, q50: float, q90: float, q99: float
MATCH (a:Account {network: $network})-[t:TRANSFER]-()
WHERE t.ts >= $since.epochMillis AND t.ts < $until.epochMillis AND t.ledger >= 0
  AND t.kind <> 'fee' AND t.amount IS NOT NULL AND NOT coalesce(a.is_infra, false)
  AND NOT coalesce(a.kind, '') IN ['pseudo', 'coinbase']
WITH a, t.asset AS asset, sum(t.amount) AS moved
RETURN asset, percentileCont(moved, 0.5) AS q50, percentileCont(moved, 0.9) AS q90,
       percentileCont(moved, 0.99) AS q99
ORDER BY asset
