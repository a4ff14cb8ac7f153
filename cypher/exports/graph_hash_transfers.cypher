// Canonical transfer rows of the accounts in a range of ids, for the graph hash.
//
// Unconfirmed transfers are left out. collect() drops nulls, hence the empty text.
//
// mode    read
// shape   columns
// param   after: str
// param   last: str
// return  id: str, source: str, target: str, asset: str, amount_base: str, ts: int, kind: str
MATCH (a:Account)
USING INDEX a:Account(id)
WHERE a.id > $after AND a.id <= $last
MATCH (a)-[r:TRANSFER]->(b:Account)
WHERE r.ledger >= 0
RETURN collect(r.id) AS id, collect(a.id) AS source, collect(b.id) AS target,
       collect(coalesce(r.asset, '')) AS asset, collect(r.amount_base) AS amount_base,
       collect(r.ts) AS ts, collect(r.kind) AS kind
