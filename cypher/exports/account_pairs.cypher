// Ordered pairs of accounts with the amount of the transfers between them.
//
// Half-open window [since, until); fees and unconfirmed transfers stay out. An amount is NaN where
// the range moves several assets or one is not known, and is summed in the order of amounts, so
// that the order of loading changes no bit; change of UTXO ledgers counts as nothing. source and
// target are the database's numbers.
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// return  source: int, target: int, amount: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
CALL (since, until) {
  MATCH (s:Asset {network: $network}) WITH count(s) AS assets, since, until
  WHERE assets > 1 AND $asset IS NULL
  MATCH (:Account {network: $network})-[t:TRANSFER]->()
  WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
  WITH DISTINCT t.asset AS asset LIMIT 2
  RETURN count(*) < 2 AS one
}
WITH since, until, coalesce(one, true) AS one
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH since, until, one, a ORDER BY a.id
WITH since, until, one, collect(a) AS accounts
UNWIND range(0, size(accounts) - 1, 5000) AS start
CALL (since, until, one, accounts, start) {
  UNWIND accounts[start..start + 5000] AS a
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset)
  WITH a, b, CASE WHEN t.kind = 'utxo' AND 'change' IN coalesce(t.flags, []) THEN 0.0
    WHEN one THEN toFloat(t.amount) END AS amount ORDER BY amount
  WITH a, b, CASE WHEN count(amount) = count(*) THEN sum(amount) ELSE 0.0 / 0.0 END AS amount
  RETURN collect([id(a), id(b), amount]) AS rows
}
RETURN [r IN rows | r[0]] AS source, [r IN rows | r[1]] AS target, [r IN rows | r[2]] AS amount
