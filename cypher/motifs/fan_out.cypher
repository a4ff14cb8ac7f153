// Accounts that send to many others within a window, having received from few.
//
// temporal: a window begins with a transfer out and holds those up to `window` after it; it is
// maximal when the one that begins a transfer earlier ends earlier. Of an account's maximal windows
// with at least min_destinations receivers, at most max_other senders (to the centre, from max_gap
// before the window's start to its end; null is any number) and a coefficient of variation of
// amounts of at most max_cv, the longest (most transfers, then earliest) is taken, then the longest
// of those that share no transfer with one taken, and so on.
// conserving: the same, of the windows that are maximal or begin after the centre was paid, and
// only where what it sends, by what it received within max_gap before the window's first transfer,
// lies in [retention_min, retention_max]; the first `fundings` of `transfers` are what it received.
// The sums are compared in base units, digit by digit where floats are closer than 1e-9; the band's
// ends count to six decimals.
// static: receivers in the range are at least 2 and at least the degree_percentile of the accounts
// that moved the asset (interpolated), senders at most max_other; up to 10 transfers a pair, the 5
// earliest, then the largest; retained_ratio and fundings are null.
// new_destinations_only counts only receivers without a transfer from or to the centre before the
// window. Infrastructure, pseudo accounts and hubs are neither centre nor receiver. A hub has more
// than hub_degree counterparties in the range, or, where a network has 10,000 accounts, at least 50
// and more than the hub_percentile; null is no limit. Of the transfers out of a centre the first
// truncation_limit in truncation_order (ts_desc, amount_desc, ts_asc) are looked at.
// cut: transfers out of the centre that truncation_limit left out, windows of it beyond
// max_per_account, and instances beyond limit.
// Only transfers of the range count, but for first contacts. A conserving star moves known amounts.
//
// mode    read
// param   variant: str = temporal
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   max_amount: float = null
// param   min_destinations: int = 5
// param   max_other: int = 3
// param   max_cv: float = null
// param   new_destinations_only: bool = false
// param   degree_percentile: float = 0.95
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
// return  truncated: bool, cut: int, destinations: int, fundings: int
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
CALL (since, until, gap, span, hubs) {
  WITH * WHERE $variant = 'static'
  MATCH (v:Account) WHERE NOT v IN hubs AND ($network IS NULL OR v.network = $network)
  CALL (v, since, until, hubs) {
    MATCH (v)-[t:TRANSFER]-(o)
    WHERE o <> v AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
      AND ($max_amount IS NULL OR t.amount <= $max_amount)
    RETURN t.asset AS asset, count(DISTINCT CASE WHEN startNode(t) = v AND NOT o IN hubs THEN o END)
      AS outs, count(DISTINCT CASE WHEN endNode(t) = v THEN o END) AS ins
  }
  WITH v.network AS network, asset, since, until, hubs,
       percentileCont(outs, $degree_percentile) AS least, collect([v, outs, ins]) AS rows
  UNWIND rows AS row
  WITH asset, since, until, hubs, row[0] AS v, row[1] AS destinations
  WHERE destinations >= least AND destinations >= 2 AND ($max_other IS NULL OR row[2] <= $max_other)
  CALL (v, asset, since, until, hubs) {
    MATCH (v)-[t:TRANSFER]->(u)
    WHERE u <> v AND t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
      AND ($max_amount IS NULL OR t.amount <= $max_amount) AND NOT u IN hubs
    WITH u.id AS u, t ORDER BY t.ts, t.ledger, t.ord, t.id
    WITH u, collect(t) AS every
    WITH u, every, every[..5] + COLLECT {
      UNWIND every[5..] AS t RETURN t ORDER BY t.amount DESC, t.id LIMIT 5 } AS shown
    UNWIND shown AS t
    WITH u, every, t ORDER BY t.ts, t.ledger, t.ord, t.id
    WITH u, every, collect([t, u]) AS shown ORDER BY u
    WITH collect(shown) AS shown, collect(every) AS every
    UNWIND every AS list UNWIND list AS t
    RETURN reduce(all = [], list IN shown | all + list) AS legs, sum(t.amount) AS volume,
           min(t.timestamp) AS started, max(t.timestamp) AS ended
  }
  RETURN v, asset, legs, [] AS paid, volume, started, ended, destinations, 0 AS cut
  UNION ALL
  WITH * WHERE $variant <> 'static'
  MATCH (v:Account)
  WHERE COUNT { (v)-[:TRANSFER]->() } >= $min_destinations AND NOT v IN hubs
    AND ($network IS NULL OR v.network = $network) AND $variant IN ['temporal', 'conserving']
  CALL (v, since, until, gap, span, hubs) {
    MATCH (v)-[t:TRANSFER]->(u)
    WHERE u <> v AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
      AND ($max_amount IS NULL OR t.amount <= $max_amount) AND NOT u IN hubs
    WITH t, u.id AS u ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -t.amount
      WHEN 'ts_asc' THEN t.ts ELSE -t.ts END, CASE $truncation_order WHEN 'ts_asc' THEN t.ledger
      ELSE -t.ledger END, CASE $truncation_order WHEN 'ts_asc' THEN t.ord ELSE -t.ord END, t.id
    WITH t.asset AS asset, collect([t, u]) AS every
    WHERE size(every) >= $min_destinations
    WITH asset, size(every[$truncation_limit..]) AS cut, COLLECT {
      UNWIND every[..$truncation_limit] AS leg WITH leg, leg[0] AS t
      RETURN leg ORDER BY t.ts, t.ledger, t.ord, t.id } AS legs
    WITH *, [leg IN legs | leg[0].ts] AS times, CASE $variant WHEN 'conserving' THEN COLLECT {
      MATCH (v)<-[o:TRANSFER]-(w)
      WHERE w <> v AND o.asset = asset AND o.ts >= since AND o.ts < until AND o.ledger >= 0
        AND o.kind <> 'fee'
      RETURN [o, w.id] ORDER BY o.ts, o.ledger, o.ord, o.id } ELSE [] END AS ins
    WITH *, [leg IN legs | [o IN ins WHERE o[0].ts <= leg[0].ts AND o[0].ts >= leg[0].ts - gap
      AND (o[0].ts < leg[0].ts OR o[0].ledger < leg[0].ledger
        OR o[0].ledger = leg[0].ledger AND CASE
        WHEN 'order_unknown' IN coalesce(o[0].flags, []) + coalesce(leg[0].flags, [])
        THEN $allow_same_ledger ELSE o[0].ord < leg[0].ord END)]] AS near,
         reduce(all = [0.0], leg IN legs |
           all + (all[-1] + coalesce(leg[0].amount, 0.0))) AS sums
    WITH *, [list IN near | reduce(sum = 0.0, o IN list | sum + o[0].amount)] AS nears
    UNWIND range(0, size(legs) - $min_destinations) AS i
    WITH * WHERE times[i + $min_destinations - 1] <= times[i] + span
    WITH *, i + size([ts IN times[i..] WHERE ts <= times[i] + span]) AS last
    UNWIND CASE $variant WHEN 'conserving' THEN range(i + $min_destinations, last)
      ELSE [last] END AS end
    WITH * WHERE $variant = 'conserving' OR i = 0 OR times[i - 1] + span < times[end - 1]
    WITH *, near[i] AS paid, nears[i] AS passed
    WITH * WHERE $variant = 'temporal'
      OR paid <> [] AND (i = 0 OR paid[-1][0].ts >= times[i - 1]
          OR end = last AND times[i - 1] + span < times[end - 1])
        AND ($new_destinations_only
          OR (sums[end] - sums[i]) >= ($retention_min - 1e-6) * passed
          AND (sums[end] - sums[i]) <= ($retention_max + 1e-6) * passed)
    CALL (v, legs, times, i, end) {
      UNWIND legs[i..end] AS leg
      WITH leg WHERE NOT $new_destinations_only OR NOT EXISTS {
        MATCH (v)-[f:TRANSFER]-(u:Account {id: leg[1]})
        WHERE f.ts < times[i] AND f.ledger >= 0 AND f.kind <> 'fee' }
      RETURN collect(leg) AS held, count(DISTINCT leg[1]) AS destinations,
             stDevP(leg[0].amount) / avg(leg[0].amount) AS cv
    }
    WITH * WHERE destinations >= $min_destinations AND ($max_cv IS NULL OR cv <= $max_cv)
      AND ($max_other IS NULL OR COUNT {
        MATCH (v)<-[o:TRANSFER]-(w)
        WHERE w <> v AND o.ts >= times[i] - gap AND o.ts <= times[end - 1] AND o.ledger >= 0
          AND o.ts >= since AND o.ts < until
          AND o.kind <> 'fee' AND o.asset = asset
        RETURN DISTINCT w
      } <= $max_other)
    WITH *, reduce(sum = 0.0, leg IN held | sum + leg[0].amount) AS gave,
         reduce(sum = 0.0, o IN paid | sum + o[0].amount) AS got
    WITH * WHERE $variant = 'temporal'
      OR got > 0 AND gave >= 0 AND all(band IN [[$retention_min, 1], [$retention_max, -1]] WHERE
        CASE WHEN abs(gave - band[0] * got) > 1e-9 * got THEN (gave - band[0] * got) * band[1] > 0
        ELSE 0 <= band[1] * reduce(d = 0, k IN range(12, 0, -1) |
          CASE WHEN abs(d) > 1000000000000 THEN d ELSE d * 1000000
            + 1000000 * reduce(sum = 0, leg IN held | sum
              + coalesce(toInteger(reverse(
                substring(reverse(leg[0].amount_base), 6 * k, 6))), 0))
            - toInteger(round(1000000 * band[0])) * reduce(sum = 0, o IN paid | sum
              + coalesce(toInteger(reverse(
                substring(reverse(o[0].amount_base), 6 * k, 6))), 0)) END) END)
    WITH asset, cut, i, end, held, paid, destinations ORDER BY end - i DESC, i, end
    WITH asset, cut, collect([i, end, held, paid, destinations]) AS windows
    UNWIND reduce(taken = [], w IN windows | CASE
      WHEN none(x IN taken WHERE w[0] < x[1] AND x[0] < w[1]) THEN taken + [w] ELSE taken END) AS w
    WITH asset, cut, w ORDER BY asset, w[0]
    WITH collect([asset, w[2], w[3], w[4], cut]) AS found
    UNWIND found[..$max_per_account] AS row
    WITH row, row[4] + size(found[$max_per_account..]) AS cut,
         [leg IN row[2] + row[1] | leg[0]] AS every
    RETURN row[0] AS asset, row[1] AS legs, row[2] AS paid, row[3] AS destinations, cut,
           reduce(sum = 0.0, t IN every | sum + t.amount) AS volume,
           every[0].timestamp AS started, every[-1].timestamp AS ended
  }
  RETURN v, asset, legs, paid, volume, started, ended, destinations, cut
}
WITH v, asset, legs, paid, volume, started, ended, destinations, cut
ORDER BY v.id, asset, legs[0][0].ts, legs[0][0].ledger, legs[0][0].ord, legs[0][0].id
WITH collect([v.id, asset, legs, paid, volume, started, ended, destinations, cut]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
WITH k, k[2] AS legs, k[3] AS paid, k[8] + beyond AS cut
WITH *, COLLECT { UNWIND legs AS leg WITH DISTINCT leg[1] AS id RETURN id ORDER BY id } AS others
WITH *, COLLECT { UNWIND paid AS o WITH DISTINCT o[1] AS id WHERE NOT id IN others
  RETURN id ORDER BY id } AS funders
RETURN [k[0]] + others + funders AS accounts,
       ['center'] + [o IN others | 'destination'] + [o IN funders | 'source'] AS roles,
       [leg IN paid + legs | leg[0].id] AS transfers, k[4] AS volume,
       k[5] AS started, k[6] AS ended, k[1] AS asset, $variant AS variant,
       CASE $variant WHEN 'conserving' THEN reduce(sum = 0.0, leg IN legs | sum + leg[0].amount)
         / reduce(sum = 0.0, o IN paid | sum + o[0].amount) END AS retained_ratio,
       cut > 0 AS truncated, cut AS cut, k[7] AS destinations,
       CASE $variant WHEN 'static' THEN null ELSE size(paid) END AS fundings
