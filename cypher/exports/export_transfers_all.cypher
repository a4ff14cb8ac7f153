// All transfers of the ledgers in [ledger, below), in the order of their ledgers, as columns.
//
// For a whole graph: the columns of `export_transfers` in two thirds of its time, for nothing is
// left out and nothing replaced. A missing property makes a column shorter than `ledger`.
// A map reads a transfer's properties in one go, one by one they take twice as long; `ledger`
// comes from the index, and asking the map for it would undo that.
//
// mode    read
// shape   columns
// param   ledger: int
// param   below: int
// param   limit: int = 50000
// return  source: int, target: int, ts: int, ledger: int, ord: int
// return  asset: str, amount: float, amount_base: str, kind: str
// return  id: str
MATCH (a)-[t:TRANSFER]->(b)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= $ledger AND t.ledger < $below
WITH a, b, t.ledger AS at, t {.ts, .ord, .asset, .amount, .amount_base, .kind, .id} AS p
ORDER BY at LIMIT toInteger($limit)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(p.ts) AS ts,
       collect(at) AS ledger, collect(p.ord) AS ord, collect(p.asset) AS asset,
       collect(p.amount) AS amount, collect(p.amount_base) AS amount_base,
       collect(p.kind) AS kind, collect(p.id) AS id
