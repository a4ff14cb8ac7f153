// The transfers of given ordered pairs of accounts: when they were, in the order of ledgers.
//
// mode    read
// shape   columns
// param   sources: list[str]
// param   targets: list[str]
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// return  pair: int, ts: int, ledger: int, ord: int, unordered: bool
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
UNWIND range(0, size($sources) - 1) AS pair
MATCH (a:Account {id: $sources[pair]})
MATCH (b:Account {id: $targets[pair]})
MATCH (a)-[t:TRANSFER]->(b)
WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
  AND ($asset IS NULL OR t.asset = $asset)
RETURN collect(pair) AS pair, collect(t.ts) AS ts, collect(t.ledger) AS ledger,
       collect(coalesce(t.ord, 0)) AS ord,
       collect('order_unknown' IN coalesce(t.flags, [])) AS unordered
