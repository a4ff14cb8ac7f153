// Money that an account splits over several ways which meet again in another account.
//
// A branch: 2 to max_branch_length (at most 4) transfers of one asset from source to merge point,
// each later than the one before (larger ts, ledger, ord; larger ts, ledger where the order in the
// ledger is unknown, unless allow_same_ledger) by at most max_gap; with variant conserving each
// amount has a ratio to the one before between retention_min and retention_max. Branches share no
// account but the ends. From each branch on those that leave within split_window are joined,
// earliest arrival first, where they share nothing with one joined and all arrivals lie within
// merge_window; at least min_branches, at most `window` in all, what arrives / what leaves in the
// band. Of sets that share a transfer the one with most branches stays, then the earlier.
// Infrastructure, pseudo accounts and hubs (more than hub_degree counterparties in the range, or in
// a network of 10,000 accounts more than 50 and than hub_percentile of all) take no part.
// accounts: source, merge point, then the branches' members in order; branch, position: of each
// account, 0 and 0 for the ends. transfers: branch by branch. Of a source the truncation_limit
// latest transfers out begin branches, and of its ways of each length the max_ways that arrive
// first count and are followed. cut: transfers and ways not looked at, instances past
// max_per_account of this source and past the limit. Ratios are compared as doubles, with 1e-9 to
// spare.
//
// mode    read
// param   variant: str = conserving
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_branches: int = 2
// param   max_branch_length: int = 4
// param   split_window: duration = PT24H
// param   merge_window: duration = PT24H
// param   max_gap: duration = P7D
// param   window: duration = P30D
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   max_ways: int = 200
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int
// return  branches: int, branch: list[int], position: list[int]
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_gap).epochMillis AS gap,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span,
     (datetime({epochMillis: 0}) + $split_window).epochMillis AS split,
     (datetime({epochMillis: 0}) + $merge_window).epochMillis AS merge
CALL (since, until) {
  MATCH (h:Account) WHERE $network IS NULL OR h.network = $network
  CALL (h, since, until) {
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE o <> h AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h.network AS network, collect([h, degree]) AS every,
       percentileDisc(degree, coalesce($hub_percentile, 1.0)) AS mark
  UNWIND every AS one
  WITH one[0] AS h, one[1] AS degree, size(every) AS accounts, mark
  WHERE degree > $hub_degree OR accounts >= 10000 AND degree >= 50 AND degree > mark
    OR coalesce(h.is_infra, false) OR coalesce(h.kind, '') IN ['pseudo', 'coinbase']
  RETURN collect(h) AS hubs
}
MATCH (s:Account)
WHERE ($network IS NULL OR s.network = $network) AND COUNT { (s)-[:TRANSFER]->() } >= $min_branches
  AND $variant IN ['temporal', 'conserving'] AND NOT s IN hubs
CALL (s, hubs, since, until, gap, span, split, merge) {
  MATCH (s)-[t1:TRANSFER]->(a)
  WHERE a <> s AND ($asset IS NULL OR t1.asset = $asset) AND t1.ts >= since AND t1.ts < until
    AND t1.ledger >= 0 AND t1.kind <> 'fee' AND toFloat(t1.amount_base) IS NOT NULL
    AND coalesce(t1.amount, 0) >= $min_amount AND NOT a IN hubs
    AND ($variant = 'temporal' OR toFloat(t1.amount_base) > 0)
  WITH * ORDER BY t1.ts DESC, t1.ledger DESC, t1.ord DESC, t1.id DESC
  WITH s, hubs, since, until, gap, span, split, merge, collect([[t1], [a]]) AS ones
  CALL (s, hubs, since, until, gap, span, ones) {
    UNWIND ones[..$truncation_limit] AS way
    WITH *, way[0][0] AS first, way[0][-1] AS t, way[1][-1] AS at
    MATCH (at)-[u:TRANSFER]->(n)
    WHERE u.asset = t.asset AND u.ts >= since AND u.ts < until AND u.ledger >= 0 AND u.kind <> 'fee'
      AND toFloat(u.amount_base) IS NOT NULL AND coalesce(u.amount, 0) >= $min_amount
      AND n <> s AND NOT n IN way[1] AND NOT n IN hubs
      AND u.ts >= t.ts AND u.ts - t.ts <= gap AND u.ts - first.ts <= span
      AND (u.ts > t.ts OR u.ledger > t.ledger OR u.ledger = t.ledger AND u.ord > t.ord
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(u.flags, [])))
      AND ($variant = 'temporal'
        OR toFloat(u.amount_base) >= toFloat(t.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(u.amount_base) <= toFloat(t.amount_base) * $retention_max * (1 + 1e-9))
    WITH way[0] + u AS hops, way[1] + n AS met
    ORDER BY hops[-1].ts, hops[-1].ledger, hops[-1].ord, hops[-1].id,
      [t IN hops | [t.ts, t.ledger, t.ord, t.id]]
    RETURN collect([hops, met]) AS twos
  }
  CALL (s, hubs, since, until, gap, span, twos) {
    UNWIND CASE WHEN $max_branch_length >= 3 THEN twos[..$max_ways] ELSE [] END AS way
    WITH *, way[0][0] AS first, way[0][-1] AS t, way[1][-1] AS at
    MATCH (at)-[u:TRANSFER]->(n)
    WHERE u.asset = t.asset AND u.ts >= since AND u.ts < until AND u.ledger >= 0 AND u.kind <> 'fee'
      AND toFloat(u.amount_base) IS NOT NULL AND coalesce(u.amount, 0) >= $min_amount
      AND n <> s AND NOT n IN way[1] AND NOT n IN hubs
      AND u.ts >= t.ts AND u.ts - t.ts <= gap AND u.ts - first.ts <= span
      AND (u.ts > t.ts OR u.ledger > t.ledger OR u.ledger = t.ledger AND u.ord > t.ord
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(u.flags, [])))
      AND ($variant = 'temporal'
        OR toFloat(u.amount_base) >= toFloat(t.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(u.amount_base) <= toFloat(t.amount_base) * $retention_max * (1 + 1e-9))
    WITH way[0] + u AS hops, way[1] + n AS met
    ORDER BY hops[-1].ts, hops[-1].ledger, hops[-1].ord, hops[-1].id,
      [t IN hops | [t.ts, t.ledger, t.ord, t.id]]
    RETURN collect([hops, met]) AS threes
  }
  CALL (s, hubs, since, until, gap, span, threes) {
    UNWIND CASE WHEN $max_branch_length >= 4 THEN threes[..$max_ways] ELSE [] END AS way
    WITH *, way[0][0] AS first, way[0][-1] AS t, way[1][-1] AS at
    MATCH (at)-[u:TRANSFER]->(n)
    WHERE u.asset = t.asset AND u.ts >= since AND u.ts < until AND u.ledger >= 0 AND u.kind <> 'fee'
      AND toFloat(u.amount_base) IS NOT NULL AND coalesce(u.amount, 0) >= $min_amount
      AND n <> s AND NOT n IN way[1] AND NOT n IN hubs
      AND u.ts >= t.ts AND u.ts - t.ts <= gap AND u.ts - first.ts <= span
      AND (u.ts > t.ts OR u.ledger > t.ledger OR u.ledger = t.ledger AND u.ord > t.ord
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(u.flags, [])))
      AND ($variant = 'temporal'
        OR toFloat(u.amount_base) >= toFloat(t.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(u.amount_base) <= toFloat(t.amount_base) * $retention_max * (1 + 1e-9))
    WITH way[0] + u AS hops, way[1] + n AS met
    ORDER BY hops[-1].ts, hops[-1].ledger, hops[-1].ord, hops[-1].id,
      [t IN hops | [t.ts, t.ledger, t.ord, t.id]]
    RETURN collect([hops, met]) AS fours
  }
  WITH *, size(ones[$truncation_limit..]) + size(twos[$max_ways..]) + size(threes[$max_ways..])
    + size(fours[$max_ways..]) AS unseen
  UNWIND CASE WHEN $max_branch_length >= 2 THEN twos[..$max_ways] ELSE [] END
    + threes[..$max_ways] + fours[..$max_ways] AS way
  WITH *, way[0] AS ts, way[1][..-1] AS inner, way[1][-1] AS end
  ORDER BY ts[-1].ts, ts[-1].ledger, ts[-1].ord, ts[-1].id,
    [t IN ts | [t.ts, t.ledger, t.ord, t.id]]
  WITH end, ts[0].asset AS asset, unseen, split, merge, span, collect([ts, inner]) AS ways
  WHERE size(ways) >= $min_branches
  UNWIND ways AS anchor
  WITH *, anchor[0][0].ts AS begin
  WITH *, reduce(taken = [anchor], x IN ways | CASE
    WHEN x[0][0].ts >= begin AND x[0][0].ts - begin <= split AND x[0][-1].ts - begin <= span
      AND all(y IN taken WHERE abs(x[0][-1].ts - y[0][-1].ts) <= merge
        AND none(n IN x[1] WHERE n IN y[1]))
    THEN taken + [x] ELSE taken END) AS joined
  WITH *, reduce(sum = 0.0, x IN joined | sum + toFloat(x[0][0].amount_base)) AS left,
       reduce(sum = 0.0, x IN joined | sum + toFloat(x[0][-1].amount_base)) AS arrived
  WHERE size(joined) >= $min_branches AND left > 0 AND arrived >= left * $retention_min * (1 - 1e-9)
    AND arrived <= left * $retention_max * (1 + 1e-9)
  WITH end, asset, unseen, joined, arrived / left AS ratio
  ORDER BY size(joined) DESC, joined[0][0][0].ts, joined[0][0][0].ledger, joined[0][0][0].ord,
    joined[0][0][0].id, [x IN joined | [t IN x[0] | [t.ts, t.ledger, t.ord, t.id]]]
  WITH end, asset, unseen, collect([joined, ratio]) AS sets
  UNWIND reduce(kept = [], x IN sets | CASE WHEN none(y IN kept
    WHERE any(b IN x[0] WHERE any(t IN b[0]
    WHERE any(c IN y[0] WHERE t IN c[0])))) THEN kept + [x] ELSE kept END) AS one
  WITH end, asset, unseen, one[1] AS ratio, COLLECT {
    UNWIND one[0] AS b RETURN b ORDER BY b[0][0].ts, b[0][0].ledger, b[0][0].ord,
      b[0][0].id } AS joined
  ORDER BY joined[0][0][0].ts, joined[0][0][0].id, end.id, asset
  WITH unseen, collect([end, asset, joined, ratio]) AS found
  UNWIND found[..$max_per_account] AS r
  RETURN r, unseen + CASE WHEN size(found) > $max_per_account THEN size(found) - $max_per_account
    ELSE 0 END AS cut
}
WITH * ORDER BY s.id, r[2][0][0][0].ts, r[2][0][0][0].id, r[0].id, r[1]
WITH collect([s, r, cut]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS f
WITH f[0] AS s, f[1][0] AS end, f[1][1] AS asset, f[1][2] AS joined, f[1][3] AS ratio,
     f[2] + over AS cut
WITH *, reduce(flat = [], b IN joined | flat + b[0]) AS every
RETURN [s.id, end.id] + reduce(ids = [], b IN joined | ids + [n IN b[1] | n.id]) AS accounts,
       ['source', 'merge_point'] +
         reduce(flat = [], b IN joined | flat + [n IN b[1] | 'branch_member']) AS roles,
       [t IN every | t.id] AS transfers,
       reduce(sum = 0.0, t IN every | sum + coalesce(t.amount, 0)) AS volume,
       reduce(m = every[0].timestamp, t IN every | CASE WHEN t.timestamp < m THEN t.timestamp
         ELSE m END) AS started,
       reduce(m = every[0].timestamp, t IN every | CASE WHEN t.timestamp > m THEN t.timestamp
         ELSE m END) AS ended,
       asset, $variant AS variant, ratio AS retained_ratio, cut > 0 AS truncated, cut,
       size(joined) AS branches,
       [0, 0] + reduce(flat = [], i IN range(0, size(joined) - 1)
         | flat + [n IN joined[i][1] | i + 1]) AS branch,
       [0, 0] + reduce(flat = [], b IN joined | flat + range(1, size(b[1]))) AS position
