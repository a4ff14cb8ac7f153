// Transfers of the ledgers in [ledger, below), in the order of their ledgers, as columns.
//
// Half-open window [since, until) in epoch milliseconds; fees and unconfirmed transfers stay out.
// collect() drops nulls, which would shift the rest of a column: hence NaN and the empty text.
// For the map of properties see `export_transfers_all`.
//
// mode    read
// shape   columns
// param   ledger: int
// param   below: int
// param   since: int
// param   until: int
// param   prefix: str
// param   asset: str = null
// param   limit: int = 50000
// return  source: int, target: int, ts: int, ledger: int, ord: int
// return  asset: str, amount: float, amount_base: str, kind: str
// return  id: str
MATCH (a)-[t:TRANSFER]->(b)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= $ledger AND t.ledger < $below
WITH a, b, t.ledger AS at, t {.ts, .ord, .asset, .amount, .amount_base, .kind, .id} AS p
WHERE p.ts >= $since AND p.ts < $until AND p.id STARTS WITH $prefix
  AND coalesce(p.kind, '') <> 'fee' AND ($asset IS NULL OR p.asset = $asset)
WITH a, b, at, p ORDER BY at LIMIT toInteger($limit)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(p.ts) AS ts,
       collect(at) AS ledger, collect(coalesce(p.ord, 0)) AS ord,
       collect(coalesce(p.asset, '')) AS asset,
       collect(coalesce(toFloat(p.amount), 0.0 / 0.0)) AS amount,
       collect(coalesce(p.amount_base, '')) AS amount_base,
       collect(coalesce(p.kind, '')) AS kind,
       collect(p.id) AS id
