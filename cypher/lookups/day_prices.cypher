// The price of each asset of a network on each UTC day (days since 1970-01-01) before an instant.
//
// Of several sources of a day the highest precedence counts, then the first in the alphabet.
//
// mode    read
// shape   columns
// param   network: str
// param   until: datetime = null
// return  asset: str, day: int, price: float
WITH date(coalesce($until - duration('PT0.001S'), datetime('9999-12-31'))) AS last
MATCH (p:Price {network: $network})
WHERE p.date <= last
WITH p ORDER BY p.asset, p.date, p.precedence DESC, p.source
WITH p.asset AS asset, p.date AS date, collect(p.price)[0] AS price
RETURN collect(asset) AS asset,
       collect(duration.inDays(date('1970-01-01'), date).days) AS day, collect(price) AS price
