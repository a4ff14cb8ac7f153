// Median, 0.9 and 0.99 quantile of the amounts of each asset's transfers in a range.
//
// mode    read
// param   network: str
// param   since: datetime
// param   until: datetime
// return  asset: str, q50: float, q90: float, q99: float
MATCH (a:Account {network: $network})-[t:TRANSFER]->()
WHERE t.ts >= $since.epochMillis AND t.ts < $until.epochMillis AND t.ledger >= 0
  AND t.kind <> 'fee' AND t.amount IS NOT NULL
RETURN t.asset AS asset, percentileCont(t.amount, 0.5) AS q50, percentileCont(t.amount, 0.9) AS q90,
       percentileCont(t.amount, 0.99) AS q99
ORDER BY asset
