// Paths of money in time from one account to another, or the earliest way to every account.
//
// Each transfer is later than the one before (larger ts, ledger, ord; larger ts, ledger where the
// order in the ledger is unknown, unless allow_same_ledger), in the same asset, at most max_gap
// after it, at most `window` after the first; no account comes twice. With variant conserving each
// amount has a ratio to the one before between retention_min and retention_max. Infrastructure,
// pseudo accounts and hubs (more than hub_degree counterparties in the range, or in a network of
// 10,000 accounts more than 50 and than hub_percentile of all) may be ends, and nothing in between.
//
// With a destination: all paths of at most max_hops transfers, by arrival, then by last amount
// (largest first), then by ids. Without: of every account and asset that can be reached the path
// that arrives first, then has fewest transfers: its `ended` is the earliest arrival.
// accounts, transfers: along the path. retained_ratio: last amount / first. cut is the number of
// instances past the limit; null, with truncated, where the search was given up at a million steps.
// The kernel searches only what lies on some path; this query tries all of up to 6 transfers: for
// small graphs. It compares amounts as doubles, with 1e-9 to spare, the kernel as integers.
//
// mode    read
// param   source: str
// param   destination: str = null
// param   variant: str = temporal
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   max_hops: int = 6
// param   max_gap: duration = P7D
// param   window: duration = P30D
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int, hops: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_gap).epochMillis AS gap,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span, split($source, ':')[0] AS home
CALL (since, until, home) {
  MATCH (h:Account {network: home})
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
MATCH p = (a:Account {id: $source})((x)-[ts:TRANSFER]->(y) WHERE ts.ts >= since AND ts.ts < until
  AND ts.ledger >= 0 AND ts.kind <> 'fee' AND ($asset IS NULL OR ts.asset = $asset)
  AND ts.amount_base IS NOT NULL AND coalesce(ts.amount, 0) >= $min_amount AND x <> y){1,6}(b)
WHERE ($destination IS NULL OR b.id = $destination) AND size(ts) <= $max_hops
  AND $variant IN ['temporal', 'conserving'] AND ts[-1].ts - ts[0].ts <= span
  AND all(n IN nodes(p) WHERE size([m IN nodes(p) WHERE m = n]) = 1)
  AND none(n IN nodes(p)[1..-1] WHERE n IN hubs)
  AND all(i IN range(1, size(ts) - 1) WHERE ts[i].asset = ts[0].asset
    AND ts[i].ts >= ts[i - 1].ts AND ts[i].ts - ts[i - 1].ts <= gap
    AND (ts[i].ts > ts[i - 1].ts OR ts[i].ledger > ts[i - 1].ledger
      OR ts[i].ledger = ts[i - 1].ledger AND ts[i].ord > ts[i - 1].ord
        AND ($allow_same_ledger OR NOT 'order_unknown' IN
          coalesce(ts[i].flags, []) + coalesce(ts[i - 1].flags, [])))
    AND ($variant = 'temporal' OR toFloat(ts[i - 1].amount_base) > 0
      AND toFloat(ts[i].amount_base) >= toFloat(ts[i - 1].amount_base) * $retention_min * (1 - 1e-9)
      AND toFloat(ts[i].amount_base) <= toFloat(ts[i - 1].amount_base) * $retention_max * (1
      + 1e-9)))
WITH b, ts, nodes(p) AS nodes, ts[-1] AS last
ORDER BY last.ts, last.ledger, last.ord, CASE WHEN $destination IS NULL THEN size(ts) ELSE 0 END,
  last.amount DESC, [t IN ts | t.id]
WITH CASE WHEN $destination IS NULL THEN b.id + last.asset ELSE [t IN ts | t.id] END AS key,
     collect([ts, nodes])[0] AS one
WITH one[0] AS ts, one[1] AS nodes
ORDER BY ts[-1].ts, ts[-1].ledger, ts[-1].ord, ts[-1].amount DESC, [t IN ts | t.id]
WITH collect([ts, nodes]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS cut
UNWIND found[..$limit] AS f
WITH f[0] AS ts, f[1] AS nodes, cut
RETURN [n IN nodes | n.id] AS accounts,
       ['source'] + [n IN nodes[1..-1] | 'intermediary'] + ['destination'] AS roles,
       [t IN ts | t.id] AS transfers,
       reduce(sum = 0.0, t IN ts | sum + coalesce(t.amount, 0)) AS volume,
       ts[0].timestamp AS started, ts[-1].timestamp AS ended, ts[0].asset AS asset,
       $variant AS variant, CASE WHEN toFloat(ts[0].amount_base) > 0
         THEN toFloat(ts[-1].amount_base) / toFloat(ts[0].amount_base) END AS retained_ratio,
       cut > 0 AS truncated, cut, size(ts) AS hops
