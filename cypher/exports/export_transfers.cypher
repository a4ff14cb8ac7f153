// Transfers of the ledgers in [ledger, below), in the order of their ledgers, as columns.
//
// Half-open window [since, until) in epoch milliseconds; fees and unconfirmed transfers stay out.
// collect() drops nulls, which would shift the rest of a column: hence NaN and the empty text.
//
// mode    read
// shape   columns
// param   ledger: int
// param   below: int
// param   since: int
// param   until: int
// param   prefix: str
// param   asset: str = null
// param   limit: int = 100000
// return  source: int, target: int, ts: int, ledger: int, ord: int
// return  asset: str, amount: float, amount_base: str, kind: str
// return  id: str
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= $ledger AND t.ledger < $below AND t.ts >= $since AND t.ts < $until AND t.id STARTS WITH $prefix
  AND coalesce(t.kind, '') <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
WITH a, t, b ORDER BY t.ledger LIMIT toInteger($limit)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(t.ts) AS ts,
       collect(t.ledger) AS ledger, collect(coalesce(t.ord, 0)) AS ord,
       collect(coalesce(t.asset, '')) AS asset,
       collect(coalesce(toFloat(t.amount), 0.0 / 0.0)) AS amount,
       collect(coalesce(t.amount_base, '')) AS amount_base,
       collect(coalesce(t.kind, '')) AS kind,
       collect(t.id) AS id
