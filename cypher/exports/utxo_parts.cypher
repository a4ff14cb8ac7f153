// The parts of a UTXO network's transactions from a ledger on, in the order of their ledgers.
//
// A part is what one input account pays of one output (spec/loading.md 4.2). Half-open window
// [since, until) in epoch milliseconds; unconfirmed ones stay out. output numbers the outputs; fee
// is -1 but on the transaction's first part; amounts are satoshi. source and target are the
// database's numbers of the accounts.
//
// mode    read
// shape   columns
// param   network: str
// param   ledger: int
// param   since: int
// param   until: int
// param   limit: int = 50000
// return  source: int, target: int, ts: int, ledger: int, transaction: str, output: str
// return  value: int, fee: int, change: bool
MATCH (a)-[t:TRANSFER]->(b)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= $ledger
WITH a, b, t.ledger AS at, t {.ts, .kind, .amount_base, .fee_base, .flags, .id} AS p
WHERE p.ts >= $since AND p.ts < $until AND p.kind IN ['utxo', 'coinbase']
  AND p.id STARTS WITH $network + ':'
WITH a, b, at, p, split(p.id, ':') AS parts ORDER BY at LIMIT toInteger($limit)
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(p.ts) AS ts,
       collect(at) AS ledger, collect(parts[2]) AS transaction, collect(parts[3]) AS output,
       collect(toInteger(p.amount_base)) AS value, collect(toInteger(coalesce(p.fee_base, '-1')))
         AS fee,
       collect('change' IN coalesce(p.flags, [])) AS change
