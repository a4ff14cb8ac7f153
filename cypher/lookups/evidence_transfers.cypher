// Transfers by id: ends, asset, exact amount and time; found through the index on their ledgers.
//
// mode    read
// shape   columns
// param   ids: list[str]
// param   ledgers: list[int]
// return  id: str, source: str, target: str, asset: str, amount_base: str, amount: float, ts: int
// return  ledger: int, ord: int
MATCH (s:Account)-[t:TRANSFER]->(r:Account)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger IN $ledgers AND t.id IN $ids
RETURN collect(t.id) AS id, collect(s.id) AS source, collect(r.id) AS target,
       collect(coalesce(t.asset, '')) AS asset, collect(t.amount_base) AS amount_base,
       collect(coalesce(toFloat(t.amount), 0.0 / 0.0)) AS amount, collect(t.ts) AS ts,
       collect(t.ledger) AS ledger, collect(coalesce(t.ord, 0)) AS ord
