// Memos of the transactions that an account took part in, and the fees it paid.
//
// A memo belongs to a transaction: one counts once for an account, on whichever side and with
// however many transfers (of one that tells no transaction, each transfer counts). memo_none_count
// counts those without, and those whose source told none; accounts of ledgers that know no memos
// have nulls. Lengths are characters of text memos, the mean null where there are none.
// Malformed: an id that is no integer of 0 to 2^64 - 1, a hash or return that is not 32 bytes
// (Base64 or hexadecimal), a type that does not exist. A missing memo is well-formed.
// fees_paid_base: sum of the account's fee edges in base units (stroops); null where it has none,
// as where fees were not loaded as edges, and where it is beyond 9.2 * 10^18 (wei).
// Accounts of infrastructure have a row of nulls. With `accounts` only theirs are computed: values
// depend on an account's own transfers. Source: spec/loading.md 2.3, features-and-rules.md 8.
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   accounts: list[str] = null
// return  account: str, memo_none_count: int, memo_text_count: int, memo_id_count: int,
// return  memo_hash_count: int, memo_return_count: int, memo_malformed_count: int,
// return  memo_length_total: int, memo_length_mean: float, fees_paid_base: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     '[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?|[0-9A-Fa-f]{64}' AS bytes
CALL () {
  WITH 1 AS once WHERE $accounts IS NULL
  MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  RETURN a ORDER BY a.id
  UNION ALL
  UNWIND $accounts AS id
  MATCH (a:Account {id: id})
  RETURN a
}
WITH since, until, bytes, collect(a) AS accounts
UNWIND range(0, size(accounts) - 1, 5000) AS start
CALL (since, until, bytes, accounts, start) {
  UNWIND accounts[start..start + 5000] AS a
  CALL (a, since, until, bytes) {
    MATCH (a)-[t:TRANSFER]-()
    WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset)
      AND (t.tx_id IS NOT NULL OR t.memo_type IS NOT NULL)
    WITH DISTINCT coalesce(t.tx_id, t.id) AS tx, coalesce(t.memo_type, 'none') AS type,
         coalesce(toString(t.memo), '') AS memo
    WITH type, memo, CASE type WHEN 'text' THEN size(memo) END AS length,
         CASE WHEN type = 'id' AND memo =~ '[0-9]+' THEN ltrim(memo, '0') END AS digits
    RETURN count(*) AS all, count(CASE type WHEN 'none' THEN 1 END) AS none,
           count(length) AS text, count(CASE type WHEN 'id' THEN 1 END) AS id,
           count(CASE type WHEN 'hash' THEN 1 END) AS hash,
           count(CASE type WHEN 'return' THEN 1 END) AS return,
           sum(length) AS total, avg(length) AS mean, count(CASE
             WHEN type IN ['none', 'text'] THEN null
             WHEN type = 'id' AND (size(digits) < 20
               OR size(digits) = 20 AND digits <= '18446744073709551615') THEN null
             WHEN type IN ['hash', 'return'] AND memo =~ bytes THEN null ELSE 1 END) AS malformed
  }
  CALL (a, since, until) {
    MATCH (a)-[t:TRANSFER]->()
    WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind = 'fee'
      AND ($asset IS NULL OR t.asset = $asset)
    WITH t.amount_base AS x
    RETURN count(*) AS paid, sum(toFloat(x)) AS rough, sum(toInteger(right(x, 9))) AS low,
           sum(CASE WHEN 9 < size(x) < 27 THEN toInteger(left(x, size(x) - 9)) ELSE 0 END) AS high
  }
  WITH *, CASE WHEN paid > 0 AND rough < 9.2e18 THEN high * 1000000000 + low END AS fees
  WHERE all + paid > 0
  RETURN collect(CASE
    WHEN coalesce(a.is_infra, false) THEN [a.id]
    WHEN all > 0 THEN [a.id, none, text, id, hash, return, malformed, total, mean, fees]
    ELSE [a.id, null, null, null, null, null, null, null, null, fees] END) AS rows
}
RETURN [r IN rows | r[0]] AS account, [r IN rows | r[1]] AS memo_none_count,
       [r IN rows | r[2]] AS memo_text_count, [r IN rows | r[3]] AS memo_id_count,
       [r IN rows | r[4]] AS memo_hash_count, [r IN rows | r[5]] AS memo_return_count,
       [r IN rows | r[6]] AS memo_malformed_count, [r IN rows | r[7]] AS memo_length_total,
       [r IN rows | r[8]] AS memo_length_mean, [r IN rows | r[9]] AS fees_paid_base
