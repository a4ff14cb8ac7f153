// Directed cycles of three to six accounts.
//
// static: one instance a cycle of accounts and asset, from FLOW, which must be fresh. temporal:
// transfers each later than the one before, within max_gap of it, all within window; the sender of
// the first is the origin; the 5 best instances of a round of accounts are kept (largest
// circulated, then earliest).
// Later is a larger (ts, ledger, ord), or (ts, ledger) where the order inside the ledger is not
// known, unless allow_same_ledger. conserving: every amount is retention_min to retention_max of
// the one before (the kernel compares base units exactly, this query as floats).
// Infrastructure, pseudo accounts and hubs take no part: more than hub_degree counterparties, or of
// 10,000 accounts those with 50 counterparties above hub_percentile.
// Of an account's transfers (static: flows) out the first truncation_limit by truncation_order
// (ts_desc, ts_asc, amount_desc) are looked at; nulls draw no such line.
// max_span, static only: most time from the first transfer of a pair to the last of another.
// max_cv: of the hop amounts, population standard deviation to mean. circulated: smallest hop
// amount, cycle_volume: their sum. max_per_account keeps those of largest circulated of the first
// account; of static ones max_per_account and limit keep those whose pairs paid in the shortest
// time, from the first transfer of one to the last of another, then those of largest circulated.
// transfers: the hops; static up to 10 a pair, the 5 earliest, then the largest.
// cut: transfers (flows) of the members past truncation_limit, and instances past the 5 best, past
// max_per_account and past limit; null: not counted (static, stopped at the limit).
//
// mode    read
// param   variant: str = static
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_length: int = 3
// param   max_length: int = 6
// param   max_cv: float = null
// param   min_total: float = 0
// param   max_gap: duration = P7D
// param   window: duration = P30D
// param   max_span: duration = null
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
// return  truncated: bool, cut: int, circulated: float, cycle_volume: float
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
  WHERE $variant <> 'static' AND COUNT { (s)-[:TRANSFER]->() } > keep AND NOT s IN hubs
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
  RETURN collect(past) AS late
}
CALL (since, until, hubs, keep) {
  MATCH (s:Account)-[f:FLOW]->(r)
  WHERE $variant = 'static' AND r <> s AND NOT s IN hubs AND NOT r IN hubs
    AND ($network IS NULL OR s.network = $network)
    AND ($since IS NULL AND $until IS NULL AND $min_amount = 0 OR EXISTS {
      MATCH (s)-[t:TRANSFER]->(r)
      WHERE t.asset = f.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
        AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount })
  WITH s, f, keep ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -coalesce(f.amount, 0)
    WHEN 'ts_asc' THEN f.first_timestamp.epochMillis ELSE -f.last_timestamp.epochMillis END, r.id
  WITH s, f.asset AS asset, collect(f) AS every, keep
  RETURN collect(every[..coalesce(keep, size(every))]) AS kept, collect(every[keep..]) AS past
}
WITH *, reduce(l = [], x IN kept | l + x) AS flows,
     late + reduce(l = [], x IN past | l + coalesce(x, [])) AS dropped
MATCH (a:Account)
WHERE NOT a IN hubs AND ($network IS NULL OR a.network = $network)
CALL (a, since, until, hubs, flows, dropped, gap, span) {
  MATCH p = (a)-[hops:FLOW*3..6]->(a)
  WHERE $variant = 'static' AND all(v IN nodes(p)[1..-1] WHERE v.id > a.id)
    AND all(f IN hops WHERE f IN flows AND f.asset = hops[0].asset)
  RETURN nodes(p)[..-1] AS walk, hops, null AS origin,
         reduce(m = hops[0].first_timestamp, f IN hops |
           CASE WHEN f.first_timestamp < m THEN f.first_timestamp ELSE m END) AS started,
         reduce(m = hops[0].last_timestamp, f IN hops |
           CASE WHEN f.last_timestamp > m THEN f.last_timestamp ELSE m END) AS ended
  UNION ALL
  MATCH p = (a)-[hops:TRANSFER*3..6]->(a)
  WHERE ($variant = 'temporal' OR $variant = 'conserving') AND none(v IN nodes(p) WHERE v IN hubs)
    AND all(t IN hops WHERE t.asset = hops[0].asset AND t.ts >= since AND t.ts < until
      AND t.ledger >= 0 AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
      AND NOT t IN dropped)
  WITH p, hops, gap, span, [i IN range(1, size(hops) - 1) | [hops[i - 1], hops[i]]] AS pairs
  WHERE hops[-1].ts - hops[0].ts <= span
      AND all(p IN pairs WHERE p[1].ts - p[0].ts <= gap AND (p[0].ts < p[1].ts
        OR p[0].ts = p[1].ts AND (p[0].ledger < p[1].ledger
          OR p[0].ledger = p[1].ledger AND p[0].ord < p[1].ord AND ($allow_same_ledger
            OR NOT 'order_unknown' IN coalesce(p[0].flags, []) + coalesce(p[1].flags, [])))))
      AND ($variant <> 'conserving' OR all(p IN pairs WHERE toFloatOrNull(p[0].amount_base) > 0
        AND toFloat(p[1].amount_base) >= $retention_min * toFloat(p[0].amount_base)
        AND toFloat(p[1].amount_base) <= $retention_max * toFloat(p[0].amount_base)))
  RETURN nodes(p)[..-1] AS walk, hops, nodes(p)[0] AS origin, hops[0].timestamp AS started,
         hops[-1].timestamp AS ended
}
WITH * WHERE $min_length <= size(hops) <= $max_length AND ($asset IS NULL OR hops[0].asset = $asset)
  AND all(v IN walk WHERE single(w IN walk WHERE w = v))
CALL (hops) {
  UNWIND hops AS t
  RETURN min(t.amount) AS circulated, sum(t.amount) AS volume,
    stDevP(t.amount) / avg(t.amount) AS cv
}
WITH * WHERE volume >= $min_total AND ($max_cv IS NULL OR cv <= $max_cv)
WITH *, reduce(m = 0, i IN range(1, size(walk) - 1) |
       CASE WHEN walk[i].id < walk[m].id THEN i ELSE m END) AS low
WITH since, until, dropped, hops, started, ended, circulated, volume, hops[0].asset AS asset,
     origin,
     walk[low..] + walk[..low] AS ring,
     CASE $variant WHEN 'static' THEN [] ELSE [t IN hops | [t.ts, t.ledger, t.ord, t.id]] END AS key,
     CASE $variant WHEN 'static' THEN ended.epochMillis - started.epochMillis ELSE 0 END AS lasts
WHERE $max_span IS NULL OR lasts <= (datetime({epochMillis: 0}) + $max_span).epochMillis
ORDER BY lasts, circulated DESC, key, [v IN ring | v.id], asset
WITH since, until, dropped, ring, asset, collect({hops: hops, started: started, ended: ended,
     key: key, lasts: lasts,
  circulated: circulated, volume: volume, origin: origin}) AS rows
WITH *, CASE WHEN size(rows) > 5 THEN size(rows) - 5 ELSE 0 END AS past
UNWIND rows[..5] AS row
WITH * ORDER BY row.lasts, row.circulated DESC, row.key, [v IN ring | v.id], asset
WITH since, until, dropped, ring[0] AS first, collect({row: row, ring: ring, asset: asset,
     past: past})
  AS rows
WITH *, CASE WHEN size(rows) > $max_per_account THEN size(rows) - $max_per_account ELSE 0
     END AS over
UNWIND rows[..$max_per_account] AS k
WITH since, until, k.row AS row, k.ring AS ring, k.asset AS asset,
     over + k.past + size([t IN dropped
  WHERE startNode(t) IN k.ring AND t.asset = k.asset]) AS cut
ORDER BY row.lasts, CASE $variant WHEN 'static' THEN row.circulated END DESC,
  [v IN ring | v.id], asset, row.key
WITH since, until, collect({row: row, ring: ring, asset: asset, cut: cut}) AS kept
UNWIND kept[..$limit] AS k
WITH since, until, k.row AS row, k.ring AS ring, k.asset AS asset,
     k.cut + CASE WHEN size(kept) > $limit THEN size(kept) - $limit ELSE 0 END AS cut
ORDER BY [v IN ring | v.id], asset, row.key
CALL (row, ring, asset, since, until) {
  WITH * WHERE $variant = 'static'
  UNWIND range(0, size(ring) - 1) AS i
  WITH i, ring[i] AS x, ring[(i + 1) % size(ring)] AS y, asset, since, until
  WITH i, COLLECT {
    MATCH (x)-[t:TRANSFER]->(y)
    WHERE t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
    RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id
  } AS every
  WITH i, every, COLLECT { UNWIND every[5..] AS t RETURN t.id ORDER BY t.amount DESC, t.id LIMIT 5 }
    AS largest
  WITH every[..5] + [t IN every[5..] WHERE t.id IN largest] AS chosen ORDER BY i
  RETURN reduce(ids = [], c IN collect([t IN chosen | t.id]) | ids + c) AS ids
}
RETURN [v IN ring | v.id] AS accounts,
       [v IN ring | CASE WHEN v = row.origin THEN 'origin' ELSE 'member' END] AS roles,
       CASE $variant WHEN 'static' THEN ids ELSE [t IN row.hops | t.id] END AS transfers,
       row.volume AS volume, row.started AS started, row.ended AS ended, asset,
       $variant AS variant, CASE WHEN $variant <> 'static'
         THEN row.hops[-1].amount / row.hops[0].amount END AS retained_ratio,
       cut > 0 AS truncated, cut, row.circulated AS circulated, row.volume AS cycle_volume
