// A page of transfers of each given account, in order of (ts, ledger, ord) times `sign`, then id.
//
// A self-transfer is listed once. Reads every transfer of the account.
//
// mode    read
// param   accounts: list[str]
// param   outgoing: bool
// param   incoming: bool
// param   asset: str = null
// param   since: int = null
// param   until: int = null
// param   sign: int
// param   ts: int = null
// param   ledger: int = null
// param   ord: int = null
// param   after: str = null
// param   limit: int
// return  account: str, id: str, source: str, target: str, asset: str, amount_base: str,
// return  amount: float, ts: int, ledger: int, ord: int, kind: str, flags: list[str], tx_id: str
UNWIND $accounts AS account
MATCH (a:Account {id: account})
CALL (a) {
  CALL (a) {
    WITH a WHERE $outgoing
    MATCH (a)-[t:TRANSFER]->()
    RETURN t
    UNION ALL
    WITH a WHERE $incoming
    MATCH (a)<-[t:TRANSFER]-(b)
    WHERE NOT ($outgoing AND a = b)
    RETURN t
  }
  WITH t, t.ts * $sign AS ts, t.ledger * $sign AS ledger, coalesce(t.ord, 0) * $sign AS ord
  WHERE ($asset IS NULL OR t.asset = $asset)
    AND ($since IS NULL OR t.ts >= $since) AND ($until IS NULL OR t.ts < $until)
    AND ($after IS NULL OR ts > $ts OR (ts = $ts AND (ledger > $ledger OR (ledger = $ledger
         AND (ord > $ord OR (ord = $ord AND t.id > $after))))))
  RETURN t, ts, ledger, ord
  ORDER BY ts, ledger, ord, t.id LIMIT $limit
}
RETURN account, t.id AS id, startNode(t).id AS source, endNode(t).id AS target, t.asset AS asset,
       t.amount_base AS amount_base, t.amount AS amount, t.ts AS ts, t.ledger AS ledger,
       t.ord AS ord, t.kind AS kind, t.flags AS flags, t.tx_id AS tx_id
ORDER BY account, ts * $sign, ledger * $sign, coalesce(ord, 0) * $sign, id
