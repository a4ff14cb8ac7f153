// Degrees, transfer counts, amounts and times of each account's transfers in and out.
//
// A degree is a number of distinct counterparties; a transfer to oneself counts on both sides.
// Amounts are whole units and null where the range moves several assets; mean, min and max are of
// single transfers. Accounts of infrastructure have a row of nulls.
// Of a UTXO ledger transactions are counted, on each side, and amounts are of what is not change.
// Sums are taken in the order of amounts, so that the order of loading changes no bit of them.
// With `accounts` only theirs are computed: no value depends on transfers of others, save that
// amounts are null for all where several assets move.
// Columns that end in _ts are clocks (epoch ms): a model may use their age, never them.
// balance_proxy = received - sent; net_flow_ratio = (sent - received) / (sent + received), 0 if
// none; active_span_seconds = first to last transfer; mean_gap_seconds = span / (transfers - 1).
//
// mode    read
// shape   columns
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   accounts: list[str] = null
// return  account: str, in_degree: int, out_degree: int,
// return  in_transfer_count: int, out_transfer_count: int,
// return  total_input_amount: float, total_output_amount: float,
// return  mean_input_amount: float, mean_output_amount: float,
// return  min_input_amount: float, max_input_amount: float,
// return  min_output_amount: float, max_output_amount: float,
// return  balance_proxy: float, net_flow_ratio: float,
// return  active_span_seconds: float, mean_gap_seconds: float,
// return  first_input_ts: int, last_input_ts: int, first_output_ts: int, last_output_ts: int
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
CALL () {
  WITH 1 AS once WHERE $accounts IS NULL
  MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  RETURN a ORDER BY a.id
  UNION ALL
  UNWIND $accounts AS id
  MATCH (a:Account {id: id})
  RETURN a
}
WITH since, until, one, collect(a) AS accounts
UNWIND range(0, size(accounts) - 1, 5000) AS start
CALL (since, until, one, accounts, start) {
  UNWIND accounts[start..start + 5000] AS a
  CALL (a, since, until, one) {
    MATCH (a)<-[t:TRANSFER]-(b)
    WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset)
    WITH b, t.ts AS ts, t.kind = 'utxo' AND 'change' IN coalesce(t.flags, []) AS change,
         CASE WHEN t.kind IN ['utxo', 'coinbase'] THEN split(t.id, ':')[2] END AS tx,
         CASE WHEN one THEN t.amount END AS paid
    WITH b, ts, tx, change, CASE WHEN NOT change THEN paid END AS amount ORDER BY amount
    RETURN count(DISTINCT b) AS senders, count(*) - count(tx) + count(DISTINCT tx) AS received,
           sum(CASE WHEN change THEN 0 ELSE 1 END) AS in_valued, count(amount) AS in_known,
           sum(amount) AS in_sum, min(amount) AS in_min, max(amount) AS in_max,
           min(ts) AS in_first, max(ts) AS in_last
  }
  CALL (a, since, until, one) {
    MATCH (a)-[t:TRANSFER]->(b)
    WHERE t.ts >= since AND t.ts < until AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset)
    WITH b, t.ts AS ts, t.kind = 'utxo' AND 'change' IN coalesce(t.flags, []) AS change,
         CASE WHEN t.kind IN ['utxo', 'coinbase'] THEN split(t.id, ':')[2] END AS tx,
         CASE WHEN one THEN t.amount END AS paid
    WITH b, ts, tx, change, CASE WHEN NOT change THEN paid END AS amount ORDER BY amount
    RETURN count(DISTINCT b) AS receivers, count(*) - count(tx) + count(DISTINCT tx) AS sent,
           sum(CASE WHEN change THEN 0 ELSE 1 END) AS out_valued, count(amount) AS out_known,
           sum(amount) AS out_sum, min(amount) AS out_min, max(amount) AS out_max,
           min(ts) AS out_first, max(ts) AS out_last
  }
  WITH * WHERE received + sent > 0
  WITH a, received, sent, senders, receivers, in_min, in_max, out_min, out_max, in_first, in_last,
       out_first, out_last, NOT coalesce(a.is_infra, false) AS own,
       CASE WHEN one AND in_known = in_valued THEN in_sum END AS got,
       CASE WHEN one AND out_known = out_valued THEN out_sum END AS gave, in_valued, out_valued,
       (CASE WHEN in_last > out_last OR sent = 0 THEN in_last ELSE out_last END
        - CASE WHEN in_first < out_first OR sent = 0 THEN in_first ELSE out_first END) / 1000.0
         AS span
  RETURN collect(CASE WHEN own THEN [
    a.id, senders, receivers, received, sent, got, gave,
    CASE WHEN in_valued > 0 THEN got / in_valued END,
    CASE WHEN out_valued > 0 THEN gave / out_valued END,
    in_min, in_max, out_min, out_max, got - gave,
    CASE WHEN got + gave > 0 THEN (gave - got) / (gave + got) WHEN got + gave = 0 THEN 0.0 END,
    span, CASE WHEN received + sent > 1 THEN span / (received + sent - 1) END,
    in_first, in_last, out_first, out_last] ELSE [a.id] END) AS rows
}
RETURN [r IN rows | r[0]] AS account, [r IN rows | r[1]] AS in_degree,
       [r IN rows | r[2]] AS out_degree, [r IN rows | r[3]] AS in_transfer_count,
       [r IN rows | r[4]] AS out_transfer_count, [r IN rows | r[5]] AS total_input_amount,
       [r IN rows | r[6]] AS total_output_amount, [r IN rows | r[7]] AS mean_input_amount,
       [r IN rows | r[8]] AS mean_output_amount, [r IN rows | r[9]] AS min_input_amount,
       [r IN rows | r[10]] AS max_input_amount, [r IN rows | r[11]] AS min_output_amount,
       [r IN rows | r[12]] AS max_output_amount, [r IN rows | r[13]] AS balance_proxy,
       [r IN rows | r[14]] AS net_flow_ratio, [r IN rows | r[15]] AS active_span_seconds,
       [r IN rows | r[16]] AS mean_gap_seconds, [r IN rows | r[17]] AS first_input_ts,
       [r IN rows | r[18]] AS last_input_ts, [r IN rows | r[19]] AS first_output_ts,
       [r IN rows | r[20]] AS last_output_ts
