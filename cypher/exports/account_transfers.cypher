// Transfers out of accounts, or into them, as columns.
//
// own and other are the database's numbers of the account and of the other end. Half-open window
// [since, until); fees and unconfirmed transfers stay out. An amount that is not known is NaN.
// Of a UTXO ledger transaction is the third part of the id, else empty, and change is money that
// comes back to who pays. With `accounts` only theirs.
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   accounts: list[str] = null
// param   incoming: bool = false
// return  own: int, other: int, ts: int, amount: float, change: bool, transaction: str
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
CALL () {
  WITH 1 AS once WHERE $accounts IS NULL
  MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  RETURN a
  UNION ALL
  UNWIND $accounts AS id
  MATCH (a:Account {id: id})
  RETURN a
}
WITH since, until, collect(a) AS accounts
UNWIND range(0, size(accounts) - 1, 5000) AS start
CALL (since, until, accounts, start) {
  CALL (accounts, start) {
    UNWIND CASE WHEN NOT $incoming THEN accounts[start..start + 5000] ELSE [] END AS a
    MATCH (a)-[t:TRANSFER]->(b)
    RETURN a, t, b
    UNION ALL
    UNWIND CASE WHEN $incoming THEN accounts[start..start + 5000] ELSE [] END AS a
    MATCH (a)<-[t:TRANSFER]-(b)
    RETURN a, t, b
  }
  WITH a, b, t, t {.ts, .amount, .kind, .ledger, .asset} AS p
  WHERE p.ts >= since AND p.ts < until AND coalesce(p.ledger, -1) >= 0 AND p.kind <> 'fee'
    AND ($asset IS NULL OR p.asset = $asset)
  RETURN collect(id(a)) AS own, collect(id(b)) AS other, collect(p.ts) AS ts,
         collect(coalesce(toFloat(p.amount), 0.0 / 0.0)) AS amount,
         collect(CASE WHEN p.kind = 'utxo' THEN 'change' IN coalesce(t.flags, [])
                 ELSE false END) AS change,
         collect(CASE WHEN p.kind IN ['utxo', 'coinbase'] THEN split(t.id, ':')[2]
                 ELSE '' END) AS transaction
}
RETURN own, other, ts, amount, change, transaction
