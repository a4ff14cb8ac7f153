// Ordered pairs of accounts with the number and the exact sum of the transfers between them.
//
// Half-open window [since, until); fees, unconfirmed transfers, amounts below `least` (base units)
// and what touches an excluded account stay out. The sum of amount_base is in limbs of 12 digits,
// the lowest first; digits is the longest amount's length, 0 where an amount of the pair is not
// known. source and target are the database's numbers of the accounts. With `accounts` only pairs
// whose source is among them. Of a UTXO ledger transactions are counted, and change is not summed.
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   least: str
// param   excluded: list[str]
// param   accounts: list[str] = null
// return  source: int, target: int, count: int, digits: int, amount_0: int, amount_1: int
// return  amount_2: int, amount_3: int, amount_4: int, amount_5: int, amount_6: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until, size($least) AS width
CALL () {
  WITH 1 AS once WHERE $accounts IS NULL
  MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  RETURN a ORDER BY a.id
  UNION ALL
  UNWIND $accounts AS id
  MATCH (a:Account {id: id})
  RETURN a
}
WITH since, until, width, a WHERE NOT a.id IN $excluded
WITH since, until, width, collect(a) AS accounts
UNWIND range(0, size(accounts) - 1, 5000) AS start
CALL (since, until, width, accounts, start) {
  UNWIND accounts[start..start + 5000] AS a
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset)
    AND (size(t.amount_base) > width OR size(t.amount_base) = width AND t.amount_base >= $least)
    AND NOT b.id IN $excluded
  WITH a, b, CASE WHEN t.kind = 'utxo' AND 'change' IN coalesce(t.flags, []) THEN '0'
         ELSE t.amount_base END AS x, 'amount_unknown' IN coalesce(t.flags, []) AS unknown,
       CASE WHEN t.kind IN ['utxo', 'coinbase'] THEN split(t.id, ':')[2] END AS tx
  WITH a, b, x, size(x) AS n, unknown, tx
  WITH a, b, count(*) - count(tx) + count(DISTINCT tx) AS count, CASE
    WHEN any(u IN collect(DISTINCT unknown) WHERE u) THEN 0
         ELSE max(n) END AS digits,
       sum(toInteger(right(x, 12))) AS l0,
       sum(CASE WHEN n > 12 THEN toInteger(right(left(x, n - 12), 12)) ELSE 0 END) AS l1,
       sum(CASE WHEN n > 24 THEN toInteger(right(left(x, n - 24), 12)) ELSE 0 END) AS l2,
       sum(CASE WHEN n > 36 THEN toInteger(right(left(x, n - 36), 12)) ELSE 0 END) AS l3,
       sum(CASE WHEN n > 48 THEN toInteger(right(left(x, n - 48), 12)) ELSE 0 END) AS l4,
       sum(CASE WHEN n > 60 THEN toInteger(right(left(x, n - 60), 12)) ELSE 0 END) AS l5,
       sum(CASE WHEN n > 72 THEN toInteger(right(left(x, n - 72), 12)) ELSE 0 END) AS l6
  RETURN collect([id(a), id(b), count, digits, l0, l1, l2, l3, l4, l5, l6]) AS rows
}
RETURN [r IN rows | r[0]] AS source, [r IN rows | r[1]] AS target, [r IN rows | r[2]] AS count,
       [r IN rows | r[3]] AS digits, [r IN rows | r[4]] AS amount_0,
       [r IN rows | r[5]] AS amount_1, [r IN rows | r[6]] AS amount_2,
       [r IN rows | r[7]] AS amount_3, [r IN rows | r[8]] AS amount_4,
       [r IN rows | r[9]] AS amount_5, [r IN rows | r[10]] AS amount_6
