// A network's transfers of a range from a ledger on, in the order of their ledgers, as columns.
//
// Half-open window [since, until) in epoch milliseconds; fees and unconfirmed transfers stay out.
// source and target are the database's numbers of the accounts. collect() drops nulls, which would
// shift the rest of a column: hence NaN and the empty text. base asks for amount_base, else empty.
// For the map of properties see `export_transfers_all`.
//
// mode    read
// shape   columns
// param   network: str
// param   ledger: int
// param   since: int
// param   until: int
// param   asset: str = null
// param   base: bool = false
// param   limit: int = 100000
// return  source: int, target: int, ts: int, ledger: int, ord: int, asset: str, amount: float
// return  amount_base: str, kind: str, unordered: bool, change: bool, id: str
MATCH (a)-[t:TRANSFER]->(b)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= $ledger
WITH a, b, t.ledger AS at, t {.ts, .ord, .asset, .amount, .amount_base, .kind, .flags, .id} AS p
WHERE p.ts >= $since AND p.ts < $until AND p.id STARTS WITH $network + ':'
  AND coalesce(p.kind, '') <> 'fee' AND ($asset IS NULL OR p.asset = $asset)
WITH a, b, at, p ORDER BY at LIMIT toInteger($limit)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(p.ts) AS ts,
       collect(at) AS ledger, collect(coalesce(p.ord, 0)) AS ord,
       collect(coalesce(p.asset, '')) AS asset,
       collect(coalesce(toFloat(p.amount), 0.0 / 0.0)) AS amount,
       collect(CASE WHEN $base THEN coalesce(p.amount_base, '') ELSE '' END) AS amount_base,
       collect(coalesce(p.kind, '')) AS kind,
       collect('order_unknown' IN coalesce(p.flags, [])) AS unordered,
       collect('change' IN coalesce(p.flags, [])) AS change,
       collect(p.id) AS id
