// Transfers of a network in a range of ledgers, with every property, for the comparison with a
// source.
//
// Properties of another type than a load writes, and missing ones, come as the empty text or as the
// least numbers: collect() drops nulls, which would shift the rest of a column.
//
// mode    read
// shape   columns
// param   network: str
// param   low: int
// param   high: int
// param   extras: list[str]
// param   known: list[str]
// return  id: str, source: str, target: str, asset: str, amount_base: str, amount: float
// return  ts: int, timestamp: int, ledger: int, ord: int, kind: str, flags: str, tx_id: str
// return  extras: list[str], others: str
MATCH (s:Account)-[r:TRANSFER]->(t:Account)
USING INDEX r:TRANSFER(ledger)
WHERE r.ledger >= $low AND r.ledger <= $high AND s.network = $network
RETURN collect(coalesce(toStringOrNull(r.id), '')) AS id,
       collect(s.id) AS source,
       collect(t.id) AS target,
       collect(coalesce(toStringOrNull(r.asset), '')) AS asset,
       collect(CASE WHEN r.amount_base IS :: STRING NOT NULL THEN r.amount_base ELSE '' END)
         AS amount_base,
       collect(CASE WHEN r.amount IS :: FLOAT NOT NULL THEN r.amount ELSE -1.0 END) AS amount,
       collect(CASE WHEN r.ts IS :: INTEGER NOT NULL THEN r.ts ELSE -9223372036854775807 END) AS ts,
       collect(CASE WHEN r.timestamp IS :: ZONED DATETIME NOT NULL THEN r.timestamp.epochMillis
               ELSE -9223372036854775807 END) AS timestamp,
       collect(toInteger(r.ledger)) AS ledger,
       collect(CASE WHEN r.ord IS :: INTEGER NOT NULL THEN r.ord ELSE -9223372036854775807 END)
         AS ord,
       collect(coalesce(toStringOrNull(r.kind), '')) AS kind,
       collect(CASE WHEN r.flags IS :: LIST<STRING NOT NULL> NOT NULL
               THEN reduce(text = '', flag IN r.flags | text + flag + ' ')
               ELSE coalesce(toStringOrNull(r.flags), '') END) AS flags,
       collect(coalesce(toStringOrNull(r.tx_id), '')) AS tx_id,
       collect([name IN $extras | coalesce(toStringOrNull(r[name]), '')]) AS extras,
       collect(reduce(text = '', name IN keys(r) |
               CASE WHEN name IN $known THEN text ELSE text + name + ' ' END)) AS others
