// The transfers in and out of given accounts, as columns in no order.
//
// One between two of them, or of one to itself, comes twice. Half-open window and columns as in
// ledger_transfers; fees and unconfirmed transfers stay out.
//
// mode    read
// shape   columns
// param   accounts: list[str]
// param   asset: str = null
// return  source: int, target: int, ts: int, ledger: int, ord: int, asset: str, amount: float
// return  kind: str, change: bool, id: str
UNWIND $accounts AS account
MATCH (own:Account {id: account})
CALL (own) {
  MATCH (own)-[t:TRANSFER]->(b)
  WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
  RETURN own AS a, t, b
  UNION ALL
  MATCH (own)<-[t:TRANSFER]-(a)
  WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
  RETURN a, t, own AS b
}
RETURN collect(id(a)) AS source, collect(id(b)) AS target, collect(t.ts) AS ts,
       collect(t.ledger) AS ledger, collect(coalesce(t.ord, 0)) AS ord,
       collect(coalesce(t.asset, '')) AS asset,
       collect(coalesce(toFloat(t.amount), 0.0 / 0.0)) AS amount,
         collect(coalesce(t.kind, '')) AS kind,
       collect('change' IN coalesce(t.flags, [])) AS change, collect(t.id) AS id
