// A network's FLOW as columns, pairs of different accounts only.
//
// source and target are the database's numbers of the accounts; times are epoch milliseconds.
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// return  source: int, target: int, asset: str, amount: float, started: int, ended: int
MATCH (a:Account)-[f:FLOW]->(b:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND a <> b
  AND ($asset IS NULL OR f.asset = $asset)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(f.asset) AS asset,
       collect(coalesce(f.amount, 0.0 / 0.0)) AS amount,
       collect(f.first_timestamp.epochMillis) AS started,
       collect(f.last_timestamp.epochMillis) AS ended
