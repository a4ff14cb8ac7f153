// Sums that come back to the account they began at, nearly whole.
//
// Conserving cycles of two to six accounts: transfers each later than the one before, within
// max_gap of it, all within window; every amount is retention_min to retention_max of the one
// before and the last at least retention_min of the first (the kernel compares base units exactly,
// this query as floats). Later is a larger (ts, ledger, ord), or (ts, ledger) where the order
// inside the ledger is not known, unless allow_same_ledger. The 5 best instances of a round of
// accounts are kept (largest smallest amount, then earliest); accounts begin with the smallest id.
// Infrastructure, pseudo accounts and hubs take no part: more than hub_degree counterparties, or of
// 10,000 accounts those with 50 counterparties above hub_percentile. Of an account's transfers out
// the first truncation_limit by truncation_order (ts_desc, ts_asc, amount_desc) are looked at.
// cut: transfers of the members past truncation_limit, and instances past the 5 best, past
// max_per_account of the first account and past limit.
//
// mode    read
// param   variant: str = conserving
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_length: int = 2
// param   max_length: int = 6
// param   min_total: float = 0
// param   max_gap: duration = P7D
// param   window: duration = P30D
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
// return  truncated: bool, cut: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     datetime({epochMillis: 0}) AS zero,
     $hub_degree AS hub, $hub_percentile AS share, $truncation_limit AS keep
WITH *, (zero + $max_gap).epochMillis AS gap, (zero + $window).epochMillis AS span
CALL (since, until, hub, share) {
  MATCH (h:Account)
  WHERE $network IS NULL OR h.network = $network
  WITH h.network AS network, collect(h) AS every, since, until, hub, share
  CALL (every, since, until, hub, share) {
    UNWIND every AS h
    WITH h, hub, share, coalesce(h.is_infra, false) OR h.kind IN ['pseudo', 'coinbase'] AS out
    WHERE out OR COUNT { (h)-[:TRANSFER]-() } > hub
      OR share IS NOT NULL AND COUNT { (h)-[:TRANSFER]-() } >= 50
    CALL (h, since, until) {
      MATCH (h)-[t:TRANSFER]-(o)
      WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
      RETURN count(DISTINCT o) AS degree
    }
    WITH h, degree, out ORDER BY degree DESC
    RETURN collect([h, degree, out]) AS ranked
  }
  WITH ranked, hub, CASE WHEN size(every) >= 10000
    THEN coalesce(ranked[size(every) - toInteger(ceil(share * size(every)))][1], 0) END AS mark
  UNWIND ranked AS r
  WITH r WHERE r[2] OR r[1] > hub OR r[1] >= 50 AND r[1] > mark
  RETURN collect(r[0]) AS hubs
}
CALL (since, until, hubs, keep) {
  MATCH (s:Account)
  WHERE COUNT { (s)-[:TRANSFER]->() } > keep AND NOT s IN hubs
    AND ($network IS NULL OR s.network = $network)
  CALL (s, since, until, hubs, keep) {
    MATCH (s)-[t:TRANSFER]->(r)
    WHERE r <> s AND NOT r IN hubs AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
    WITH t, keep
    ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -coalesce(t.amount, 0) END,
      t.ts, t.ledger, t.ord, t.id
    WITH t.asset AS asset, keep, collect(t) AS every
    WITH * WHERE size(every) > keep
    UNWIND CASE $truncation_order WHEN 'ts_desc' THEN every[..size(every) - keep]
      ELSE every[keep..] END AS past
    RETURN past
  }
  RETURN collect(past) AS dropped
}
MATCH (a:Account)
WHERE NOT a IN hubs AND ($network IS NULL OR a.network = $network)
CALL (a, since, until, hubs, dropped, gap, span) {
  MATCH p = (a)-[hops:TRANSFER*2..6]->(a)
  WHERE $variant = 'conserving' AND none(v IN nodes(p) WHERE v IN hubs)
    AND all(t IN hops WHERE t.asset = hops[0].asset AND t.ts >= since AND t.ts < until
      AND t.ledger >= 0 AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
      AND NOT t IN dropped)
  WITH p, hops, gap, span, [i IN range(1, size(hops) - 1) | [hops[i - 1], hops[i]]] AS pairs
  WHERE hops[-1].ts - hops[0].ts <= span
      AND toFloat(hops[-1].amount_base) >= $retention_min * toFloat(hops[0].amount_base)
      AND all(p IN pairs WHERE p[1].ts - p[0].ts <= gap AND (p[0].ts < p[1].ts
        OR p[0].ts = p[1].ts AND (p[0].ledger < p[1].ledger
          OR p[0].ledger = p[1].ledger AND p[0].ord < p[1].ord AND ($allow_same_ledger
            OR NOT 'order_unknown' IN coalesce(p[0].flags, []) + coalesce(p[1].flags, [])))))
      AND (all(p IN pairs WHERE toFloatOrNull(p[0].amount_base) > 0
        AND toFloat(p[1].amount_base) >= $retention_min * toFloat(p[0].amount_base)
        AND toFloat(p[1].amount_base) <= $retention_max * toFloat(p[0].amount_base)))
  RETURN nodes(p)[..-1] AS walk, hops, nodes(p)[0] AS origin, hops[0].timestamp AS started,
         hops[-1].timestamp AS ended
}
WITH * WHERE $min_length <= size(hops) <= $max_length AND ($asset IS NULL OR hops[0].asset = $asset)
  AND all(v IN walk WHERE single(w IN walk WHERE w = v))
CALL (hops) {
  UNWIND hops AS t
  RETURN min(t.amount) AS circulated, sum(t.amount) AS volume
}
WITH * WHERE volume >= $min_total
WITH *, reduce(m = 0, i IN range(1, size(walk) - 1) |
       CASE WHEN walk[i].id < walk[m].id THEN i ELSE m END) AS low
WITH since, until, dropped, hops, started, ended, circulated, volume, hops[0].asset AS asset,
     origin,
     walk[low..] + walk[..low] AS ring,
     [t IN hops | [t.ts, t.ledger, t.ord, t.id]] AS key
ORDER BY circulated DESC, key, [v IN ring | v.id], asset
WITH since, until, dropped, ring, asset, collect({hops: hops, started: started, ended: ended,
     key: key,
  circulated: circulated, volume: volume, origin: origin}) AS rows
WITH *, CASE WHEN size(rows) > 5 THEN size(rows) - 5 ELSE 0 END AS past
UNWIND rows[..5] AS row
WITH * ORDER BY row.circulated DESC, row.key, [v IN ring | v.id], asset
WITH since, until, dropped, ring[0] AS first, collect({row: row, ring: ring, asset: asset,
     past: past})
  AS rows
WITH *, CASE WHEN size(rows) > $max_per_account THEN size(rows) - $max_per_account ELSE 0
     END AS over
UNWIND rows[..$max_per_account] AS k
WITH since, until, k.row AS row, k.ring AS ring, k.asset AS asset,
     over + k.past + size([t IN dropped
  WHERE startNode(t) IN k.ring AND t.asset = k.asset]) AS cut
ORDER BY [v IN ring | v.id], asset, row.key
WITH since, until, collect({row: row, ring: ring, asset: asset, cut: cut}) AS kept
UNWIND kept[..$limit] AS k
WITH since, until, k.row AS row, k.ring AS ring, k.asset AS asset,
     k.cut + CASE WHEN size(kept) > $limit THEN size(kept) - $limit ELSE 0 END AS cut
RETURN [v IN ring | v.id] AS accounts,
       [v IN ring | CASE WHEN v = row.origin THEN 'origin' ELSE 'intermediary' END] AS roles,
       [t IN row.hops | t.id] AS transfers,
       row.volume AS volume, row.started AS started, row.ended AS ended, asset,
       $variant AS variant, row.hops[-1].amount / row.hops[0].amount AS retained_ratio,
       cut > 0 AS truncated, cut
