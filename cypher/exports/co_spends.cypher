// Which accounts of a range of ids were inputs of which UTXO transaction, as columns.
//
// One row per account and transaction, with the first of its transfers there; coinjoin tells that
// the loader flagged the transaction so.
//
// mode    read
// shape   columns
// param   first: str
// param   last: str
// param   until: datetime
// return  account: str, transaction: str, transfer: str, coinjoin: bool
MATCH (a:Account) USING INDEX a:Account(id)
WHERE a.id >= $first AND a.id <= $last AND coalesce(a.kind, '') <> 'coinbase'
MATCH (a)-[t:TRANSFER]->()
WHERE t.kind = 'utxo' AND coalesce(t.ledger, -1) >= 0 AND t.ts < $until.epochMillis
WITH a.id AS account, split(t.id, ':')[2] AS transaction, min(t.id) AS transfer,
     max(CASE WHEN 'coinjoin' IN coalesce(t.flags, []) THEN 1 ELSE 0 END) = 1 AS coinjoin
RETURN collect(account) AS account, collect(transaction) AS transaction,
       collect(transfer) AS transfer, collect(coinjoin) AS coinjoin
