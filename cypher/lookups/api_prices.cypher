// The price of an asset on a UTC day (days since 1970-01-01), for each place in the two lists.
//
// A dollar is worth 1; of several sources the highest precedence counts, then the first in the
// alphabet, as in day_prices.
//
// mode    read
// param   assets: list[str]
// param   days: list[int]
// return  asset: str, day: int, price: float
UNWIND range(0, size($assets) - 1) AS i
WITH $assets[i] AS asset, $days[i] AS day
OPTIONAL MATCH (a:Asset {id: asset, asset_class: 'fiat'})
WHERE a.symbol IN ['USD', 'US Dollar']
CALL (asset, day) {
  OPTIONAL MATCH (p:Price {asset: asset, date: date('1970-01-01') + duration({days: day})})
  WHERE p.source IS NOT NULL
  WITH p ORDER BY p.precedence DESC, p.source LIMIT 1
  RETURN p.price AS price
}
RETURN asset, day, CASE WHEN a IS NULL THEN price ELSE 1.0 END AS price
