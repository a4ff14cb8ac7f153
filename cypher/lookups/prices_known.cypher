// What the table of prices says of some assets, whatever the source.
//
// mode    read
// shape   columns
// param   assets: list[str]
// return  asset: str, date: str, source: str, known: float
MATCH (p:Price)
WHERE p.asset IN $assets AND p.date IS NOT NULL AND p.source IS NOT NULL
RETURN collect(p.asset) AS asset, collect(toString(p.date)) AS date, collect(p.source) AS source,
       collect(p.price) AS known
