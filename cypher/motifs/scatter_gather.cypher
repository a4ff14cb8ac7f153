// One account pays several, who all pay the same other account.
//
// A branch is an account paid by the source that pays the collector. Its transfers are those of the
// time-respecting pairs in a window: in from the source, out to the collector, out later than in
// (larger ts, ledger, ord; larger ts, ledger where the order inside the ledger is unknown) by at
// most max_gap. conserving: a branch counts where its sum out by its sum in lies in [retention_min,
// retention_max]; the sums are compared in base units, digit by digit where floats are closer than
// 1e-9; the band's ends count to six decimals. temporal: without that. static: every transfer in
// the range from source to branch and branch to collector, in one window without end, of which up to
// 10 a pair are listed, the 5 earliest, then the largest.
// A window begins with a source's transfer of such a pair and holds what lies up to `window` later;
// conserving, it may end earlier, with any transfer to the collector. Of the windows of a source, a
// collector and an asset with at least min_branches branches the one with most transfers (then the
// one that begins, then ends earliest) is taken, then of those that share no transfer with one
// taken, and so on. retained_ratio: all that arrived by all that left.
// Infrastructure, pseudo accounts and hubs take no part. A hub has more than hub_degree
// counterparties in the range, or, where a network has 10,000 accounts, at least 50 and more than
// the hub_percentile; null is no limit. Of the transfers out of a source, and of a branch that
// max_gap does not rule out, the first truncation_limit in truncation_order (ts_desc, amount_desc,
// ts_asc) are looked at.
// cut: transfers of the source and of its branches that truncation_limit left out, instances of the
// source beyond max_per_account, and instances beyond limit.
//
// mode    read
// param   variant: str = conserving
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_branches: int = 3
// param   max_gap: duration = P7D
// param   window: duration = P14D
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   truncation_order: str = ts_desc
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int, branches: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_gap).epochMillis AS gap,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span
CALL (since, until) {
  MATCH (h:Account)
  WHERE $network IS NULL OR h.network = $network
  WITH h, since, until, COUNT { (h)-[:TRANSFER]-() } AS most,
       coalesce(h.is_infra, false) OR coalesce(h.kind, '') IN ['pseudo', 'coinbase'] AS outside
  CALL (h, since, until, most) {
    WITH * WHERE most > $hub_degree OR most >= 50 AND $hub_percentile < 1
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h.network AS network, count(h) AS size,
       percentileDisc(degree, coalesce($hub_percentile, 1.0)) AS usual,
       collect(CASE WHEN outside OR degree > 0 THEN [h, outside, degree] END) AS rows
  UNWIND rows AS row
  WITH row WHERE row[1] OR row[2] > $hub_degree
    OR size >= 10000 AND row[2] >= 50 AND row[2] > usual AND $hub_percentile < 1
  RETURN collect(row[0]) AS hubs
}
MATCH (s:Account)
WHERE COUNT { (s)-[:TRANSFER]->() } >= $min_branches AND NOT s IN hubs
  AND ($network IS NULL OR s.network = $network)
CALL (s, since, until, gap, span, hubs) {
  MATCH (s)-[t:TRANSFER]->(m)
  WHERE m <> s AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    AND NOT m IN hubs
  WITH t, m ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -t.amount
      WHEN 'ts_asc' THEN t.ts ELSE -t.ts END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ledger ELSE -t.ledger END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ord ELSE -t.ord END, t.id
  WITH t.asset AS asset, collect([t, m]) AS every
  WITH asset, every[..$truncation_limit] AS legs, size(every[$truncation_limit..]) AS cut
  UNWIND legs AS leg
  WITH asset, cut, leg[1] AS m, collect(leg[0]) AS ins
  WITH asset, cut, collect([m, ins]) AS fans
  WHERE size(fans) >= $min_branches
  UNWIND fans AS fan
  WITH asset, cut, fan[0] AS m, fan[1] AS ins,
       [t IN fan[1] | t.ts] AS times
  WITH *, reduce(x = times[0], ts IN times | CASE WHEN ts < x THEN ts ELSE x END) AS early,
       reduce(x = times[0], ts IN times | CASE WHEN ts > x THEN ts ELSE x END) + gap AS late
  CALL (s, m, asset, since, until, hubs, early, late) {
    MATCH (m)-[t:TRANSFER]->(c)
    WHERE c <> m AND c <> s AND t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
      AND ($variant = 'static' OR t.ts >= early AND t.ts <= late)
      AND coalesce(t.amount, 0) >= $min_amount AND NOT c IN hubs
    WITH t, c ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -t.amount
      WHEN 'ts_asc' THEN t.ts ELSE -t.ts END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ledger ELSE -t.ledger END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ord ELSE -t.ord END, t.id
    WITH collect([t, c]) AS every
    RETURN every[..$truncation_limit] AS outs, size(every[$truncation_limit..]) AS more
  }
  WITH asset, cut, collect([m, ins, outs, more]) AS fans
  WITH asset, fans, cut + reduce(sum = 0, fan IN fans | sum + fan[3]) AS cut
  UNWIND fans AS fan
  UNWIND fan[2] AS out
  WITH asset, cut, fan[0] AS m, fan[1] AS ins, out[0] AS o, out[1] AS c
  WITH asset, cut, m, o, c, [t IN ins WHERE $variant = 'static' OR o.ts >= t.ts
    AND o.ts - t.ts <= gap AND (o.ts > t.ts OR o.ledger > t.ledger
      OR o.ledger = t.ledger
        AND CASE WHEN 'order_unknown' IN coalesce(o.flags, []) + coalesce(t.flags, [])
        THEN $allow_same_ledger ELSE o.ord > t.ord END)] AS ins
  WHERE ins <> []
  WITH asset, cut, c, m, collect([o, ins]) AS walks
  WITH asset, cut, c, collect([m, walks]) AS fans
  WHERE size(fans) >= $min_branches
  CALL (fans, span) {
    UNWIND fans AS fan UNWIND fan[1] AS walk UNWIND walk[1] AS t
    WITH fans, span, collect(DISTINCT t.ts) AS times, min(t.ts) AS first,
         collect(DISTINCT walk[0].ts) AS ends
    UNWIND CASE $variant WHEN 'static' THEN [first] ELSE times END AS x
    UNWIND CASE $variant WHEN 'conserving' THEN [y IN ends WHERE y >= x AND y <= x + span]
      ELSE [x + span] END AS end
    UNWIND fans AS fan
    UNWIND fan[1] AS walk
    WITH x, end, fan[0] AS m, walk[0] AS o, [t IN walk[1] WHERE t.ts >= x] AS ins
    WHERE ins <> [] AND ($variant = 'static' OR o.ts <= end)
    UNWIND ins AS t
    WITH x, end, m, collect(DISTINCT t) AS ins, collect(DISTINCT o) AS outs
    WITH *, reduce(sum = 0.0, t IN ins | sum + t.amount) AS got,
         reduce(sum = 0.0, t IN outs | sum + t.amount) AS gave
    WHERE $variant = 'static' OR $variant = 'temporal' OR $variant = 'conserving' AND
      got >= 0 AND gave >= 0 AND all(band IN [[$retention_min, 1], [$retention_max, -1]] WHERE
      CASE WHEN abs(gave - band[0] * got) > 1e-9 * got THEN (gave - band[0] * got) * band[1] > 0
      ELSE 0 <= band[1] * reduce(d = 0, k IN range(12, 0, -1) |
        CASE WHEN abs(d) > 1000000000000 THEN d ELSE d * 1000000
          + 1000000 * reduce(sum = 0, t IN outs | sum + coalesce(
              toInteger(reverse(substring(reverse(t.amount_base), 6 * k, 6))), 0))
          - toInteger(round(1000000 * band[0])) * reduce(sum = 0, t IN ins | sum + coalesce(
              toInteger(reverse(substring(reverse(t.amount_base), 6 * k, 6))), 0)) END) END)
    WITH x, end, collect(m.id) AS branches, collect(ins) AS ins, collect(outs) AS outs
    WHERE size(branches) >= $min_branches
    WITH x, end, branches, reduce(all = [], list IN ins | all + list) AS ins,
         reduce(all = [], list IN outs | all + list) AS outs
    WITH branches, ins, outs, [t IN ins + outs | t.id] AS ids, x, end
    ORDER BY size(ids) DESC, x, end
    WITH collect([branches, ins, outs, ids]) AS windows
    UNWIND reduce(taken = [], w IN windows | CASE
      WHEN none(x IN taken WHERE any(id IN w[3] WHERE id IN x[3])) THEN taken + [w] ELSE taken END)
      AS w
    RETURN w[0] AS branches, w[1] AS ins, w[2] AS outs
  }
  WITH c, asset, branches, cut,
       COLLECT { UNWIND ins AS t RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id } AS ins,
       COLLECT { UNWIND outs AS t RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id } AS outs
  ORDER BY c.id, asset, ins[0].ts, ins[0].id
  WITH collect([c.id, asset, branches, ins, outs, cut]) AS found
  UNWIND found[..$max_per_account] AS row
  RETURN row, row[5] + size(found[$max_per_account..]) AS cut
}
WITH s, row, cut ORDER BY s.id, row[0], row[1], row[3][0].ts, row[3][0].id
WITH collect([s.id, row, cut]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
WITH k[0] AS source, k[1] AS row, k[1][3] AS ins, k[1][4] AS outs, k[2] + beyond AS cut
WITH *, COLLECT { UNWIND row[2] AS id RETURN id ORDER BY id } AS branches, ins + outs AS every
WITH *, CASE $variant WHEN 'static' THEN COLLECT {
    UNWIND every AS t
    WITH startNode(t) AS x, endNode(t) AS y, t ORDER BY t.ts, t.ledger, t.ord, t.id
    WITH x, y, collect(t) AS own
    UNWIND own[..5] + COLLECT { UNWIND own[5..] AS u RETURN u ORDER BY u.amount DESC, u.id LIMIT 5 }
      AS t
    RETURN t
  } END AS shown
RETURN [source, row[0]] + branches AS accounts,
       ['source', 'collector'] + [b IN branches | 'intermediary'] AS roles,
       [t IN every WHERE shown IS NULL OR t IN shown | t.id] AS transfers,
       reduce(sum = 0.0, t IN every | sum + t.amount) AS volume,
       reduce(first = ins[0].timestamp, t IN every | CASE WHEN t.timestamp < first THEN t.timestamp
         ELSE first END) AS started,
       reduce(last = ins[0].timestamp, t IN every | CASE WHEN t.timestamp > last THEN t.timestamp
         ELSE last END) AS ended, row[1] AS asset, $variant AS variant,
       reduce(sum = 0.0, t IN outs | sum + t.amount) / reduce(sum = 0.0, t IN ins | sum + t.amount)
         AS retained_ratio, cut > 0 AS truncated, cut AS cut, size(branches) AS branches
