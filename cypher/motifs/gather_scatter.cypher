// Several pay one account, which pays the sum out to several others.
//
// A window begins with a transfer to the centre, ends with one from it at most `window` later, and
// holds all of the centre's transfers of the asset between, neighbours at most max_gap apart; it
// has at least min_sources senders and min_destinations receivers, and of the fewer of both at most
// max_shared are on the other side too. temporal: at least one transfer in comes before each out
// (larger ts, ledger, ord; larger ts, ledger where the order inside the ledger is unknown); strict:
// all of them do. conserving: also, up to each transfer out, the sum out is at most retention_max
// times the sum in before it, and all that went out by all that came in lies in [retention_min,
// retention_max]. The last is compared in base units, digit by digit where floats are closer than
// 1e-9, the band's ends count to six decimals; the running sums are floats with a slack of 1e-9.
// Of a centre's windows the longest (most transfers, then earliest) is taken, then the longest of
// those that share no transfer with one taken, and so on. static: counts of the whole range only;
// up to 10 transfers a pair, the 5 earliest, then the largest.
// Infrastructure, pseudo accounts and hubs are neither centre, sender nor receiver. A hub has more
// than hub_degree counterparties in the range, or, where a network has 10,000 accounts, at least 50
// and more than the hub_percentile; null is no limit. Of the transfers into, and out of, a centre
// the first truncation_limit in truncation_order (ts_desc, amount_desc, ts_asc) are looked at.
// cut: transfers of the centre that truncation_limit left out, windows of it beyond
// max_per_account, and instances beyond limit.
//
// mode    read
// param   variant: str = conserving
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_sources: int = 3
// param   min_destinations: int = 3
// param   max_shared: float = 0.2
// param   strict: bool = false
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
// return  truncated: bool, cut: int, sources: int, destinations: int
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
MATCH (v:Account)
WHERE COUNT { (v)<-[:TRANSFER]-() } >= $min_sources
  AND COUNT { (v)-[:TRANSFER]->() } >= $min_destinations AND NOT v IN hubs
  AND ($network IS NULL OR v.network = $network)
CALL (v, since, until, gap, span, hubs) {
  MATCH (v)-[t:TRANSFER]-(o)
  WHERE o <> v AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    AND NOT o IN hubs
  WITH t, o.id AS o, endNode(t) = v AS into
    ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -t.amount
      WHEN 'ts_asc' THEN t.ts ELSE -t.ts END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ledger ELSE -t.ledger END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ord ELSE -t.ord END, t.id
  WITH t.asset AS asset, collect(CASE WHEN into THEN [t, o, true] END) AS ins,
       collect(CASE WHEN NOT into THEN [t, o, false] END) AS outs
  WHERE size(ins) >= $min_sources AND size(outs) >= $min_destinations
  WITH asset, size(ins[$truncation_limit..]) + size(outs[$truncation_limit..]) AS cut, COLLECT {
    UNWIND ins[..$truncation_limit] + outs[..$truncation_limit] AS e WITH e, e[0] AS t
    RETURN e ORDER BY t.ts, t.ledger, t.ord, NOT e[2], t.id } AS legs
  WITH asset, cut, legs, [e IN legs | e[0].ts] AS times,
       reduce(all = [0.0], e IN legs | all + CASE WHEN e[2] THEN all[-1] + e[0].amount
         ELSE all[-1] END) AS came,
       reduce(all = [0.0], e IN legs | all + CASE WHEN e[2] THEN all[-1] ELSE all[-1] + e[0].amount
         END) AS went,
       [k IN range(0, size(legs) - 1) | [e IN legs[..k] WHERE e[2] AND
         (e[0].ts < legs[k][0].ts OR e[0].ledger < legs[k][0].ledger
           OR CASE WHEN 'order_unknown' IN coalesce(e[0].flags, []) + coalesce(legs[k][0].flags, [])
           THEN $allow_same_ledger ELSE e[0].ord < legs[k][0].ord END)]] AS before,
       reduce(all = [0], e IN legs | all + CASE WHEN e[2] THEN all[-1] + 1 ELSE all[-1] END) AS seen
  // known[k]: transfers in that are surely before the k-th; as a sum in arrived[k]
  WITH *, [ins IN before | size(ins)] AS known, [ins IN before |
         reduce(sum = 0.0, e IN ins | sum + e[0].amount)] AS arrived,
       1e-12 * (came[-1] + went[-1]) AS slack
  UNWIND CASE $variant WHEN 'static' THEN [0]
    ELSE [i IN range(0, size(legs) - 1) WHERE legs[i][2]] END AS i
  WITH *, size(legs) AS count
  WITH *, CASE $variant WHEN 'static' THEN count ELSE coalesce(head([k IN range(i + 1, count - 1)
    WHERE times[k] > times[i] + span OR times[k] - times[k - 1] > gap
      OR CASE legs[k][2] WHEN true THEN $strict AND went[k] > went[i]
        ELSE known[k] <= seen[i] OR $strict AND known[k] < seen[k] OR $variant = 'conserving'
          AND went[k + 1] - went[i] > $retention_max * (arrived[k] - came[i]) * (1 + 1e-9) + slack
        END]), count) END AS stop
  WITH * WHERE stop - i >= $min_sources + $min_destinations
  UNWIND CASE $variant WHEN 'static' THEN [count]
    ELSE [k IN range(i + 1, stop - 1) WHERE NOT legs[k][2] | k + 1] END AS end
  WITH * WHERE $variant = 'static' OR $variant = 'temporal' OR $variant = 'conserving'
    AND went[end] - went[i] + slack >= $retention_min * (came[end] - came[i]) * (1 - 1e-9)
    AND went[end] - went[i] <= $retention_max * (came[end] - came[i]) * (1 + 1e-9) + slack
  WITH asset, cut, i, end, [e IN legs[i..end] WHERE e[2]] AS gathered,
       [e IN legs[i..end] WHERE NOT e[2]] AS scattered
  WITH *, COLLECT { UNWIND gathered AS e WITH DISTINCT e[1] AS id RETURN id ORDER BY id }
         AS sources,
       COLLECT { UNWIND scattered AS e WITH DISTINCT e[1] AS id RETURN id ORDER BY id } AS targets
  WITH * WHERE size(sources) >= $min_sources AND size(targets) >= $min_destinations
    AND size([id IN sources WHERE id IN targets]) <= $max_shared *
      CASE WHEN size(sources) < size(targets) THEN size(sources) ELSE size(targets) END
  WITH *, [e IN gathered | e[0]] AS ins, [e IN scattered | e[0]] AS outs
  WITH *, reduce(sum = 0.0, t IN ins | sum + t.amount) AS got,
       reduce(sum = 0.0, t IN outs | sum + t.amount) AS gave
  WHERE $variant <> 'conserving' OR
    all(band IN [[$retention_min, 1], [$retention_max, -1]] WHERE
      CASE WHEN abs(gave - band[0] * got) > 1e-9 * got THEN (gave - band[0] * got) * band[1] > 0
      ELSE 0 <= band[1] * reduce(d = 0, k IN range(12, 0, -1) |
        CASE WHEN abs(d) > 1000000000000 THEN d ELSE d * 1000000
          + 1000000 * reduce(sum = 0, t IN outs | sum + coalesce(
              toInteger(reverse(substring(reverse(t.amount_base), 6 * k, 6))), 0))
          - toInteger(round(1000000 * band[0])) * reduce(sum = 0, t IN ins | sum + coalesce(
              toInteger(reverse(substring(reverse(t.amount_base), 6 * k, 6))), 0)) END) END)
  WITH asset, cut, i, end, ins, outs, sources, targets, gave / got AS ratio
  ORDER BY end - i DESC, i, end
  WITH asset, cut, collect([i, end, ins, outs, sources, targets, ratio]) AS windows
  UNWIND reduce(taken = [], w IN windows | CASE
    WHEN none(x IN taken WHERE w[0] < x[1] AND x[0] < w[1]) THEN taken + [w] ELSE taken END) AS w
  WITH asset, cut, w ORDER BY asset, w[0]
  WITH collect([asset, cut, w]) AS found
  UNWIND found[..$max_per_account] AS row
  RETURN row[0] AS asset, row[2] AS w, row[1] + size(found[$max_per_account..]) AS cut
}
WITH v, asset, w, cut ORDER BY v.id, asset, w[2][0].ts, w[2][0].id
WITH collect([v.id, asset, w, cut]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
WITH k, k[2] AS w, k[2][2] + k[2][3] AS every, k[3] + beyond AS cut
WITH *, w[4] AS sources, [id IN w[5] WHERE NOT id IN w[4]] AS targets
WITH *, CASE $variant WHEN 'static' THEN COLLECT {
    UNWIND every AS t
    WITH startNode(t) AS x, endNode(t) AS y, t ORDER BY t.ts, t.ledger, t.ord, t.id
    WITH x, y, collect(t) AS own
    UNWIND own[..5] + COLLECT { UNWIND own[5..] AS u RETURN u ORDER BY u.amount DESC, u.id LIMIT 5 }
      AS t
    RETURN t
  } END AS shown
RETURN [k[0]] + sources + targets AS accounts,
       ['center'] + [id IN sources | 'source'] + [id IN targets | 'destination'] AS roles,
       [t IN every WHERE shown IS NULL OR t IN shown | t.id] AS transfers,
       reduce(sum = 0.0, t IN every | sum + t.amount) AS volume,
       CASE WHEN every[0].ts <= w[3][0].ts THEN every[0].timestamp ELSE w[3][0].timestamp END
         AS started, CASE WHEN w[2][-1].ts > every[-1].ts THEN w[2][-1].timestamp
         ELSE every[-1].timestamp END AS ended, k[1] AS asset, $variant AS variant,
       w[6] AS retained_ratio, cut > 0 AS truncated, cut AS cut, size(sources) AS sources,
       size(w[5]) AS destinations
