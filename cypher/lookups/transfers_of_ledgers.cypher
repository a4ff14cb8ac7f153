// What a network holds in some ledgers: ids, and the content that must not differ.
//
// collect() drops nulls, hence the empty text.
//
// mode    read
// shape   columns
// param   network: str
// param   ledgers: list[int]
// return  id: str, source: str, target: str, asset: str,
// return  amount_base: str, ts: int, kind: str, approximate: bool
UNWIND $ledgers AS ledger
MATCH (s:Account)-[r:TRANSFER {ledger: ledger}]->(t:Account)
WHERE s.network = $network
RETURN collect(r.id) AS id,
       collect(s.id) AS source,
       collect(t.id) AS target,
       collect(coalesce(r.asset, '')) AS asset,
       collect(r.amount_base) AS amount_base,
       collect(r.ts) AS ts,
       collect(r.kind) AS kind,
       collect('time_approximate' IN coalesce(r.flags, [])) AS approximate
