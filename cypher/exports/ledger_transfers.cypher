// A network's transfers of a range from a ledger on, in the order of their ledgers, as columns.
//
// Half-open window [since, until) in epoch milliseconds; fees and unconfirmed transfers stay out.
// source and target are the database's numbers of the accounts. collect() drops nulls, which would
// shift the rest of a column: hence NaN and the empty text. base asks for amount_base, else empty.
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
// return  amount_base: str, kind: str, unordered: bool, id: str
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= $ledger AND t.ts >= $since AND t.ts < $until AND a.network = $network
  AND coalesce(t.kind, '') <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
WITH a, t, b ORDER BY t.ledger LIMIT toInteger($limit)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(t.ts) AS ts,
       collect(t.ledger) AS ledger, collect(coalesce(t.ord, 0)) AS ord,
       collect(coalesce(t.asset, '')) AS asset,
       collect(coalesce(toFloat(t.amount), 0.0 / 0.0)) AS amount,
       collect(CASE WHEN $base THEN coalesce(t.amount_base, '') ELSE '' END) AS amount_base,
       collect(coalesce(t.kind, '')) AS kind,
       collect('order_unknown' IN coalesce(t.flags, [])) AS unordered,
       collect(t.id) AS id
