// Directed cycles of three accounts.
//
// static: one instance a cycle of accounts and asset, from FLOW, which must be fresh. temporal:
// three transfers, each later than the one before, within max_gap of it, all within window; the
// sender of the first is the origin.
// Later is a larger (ts, ledger, ord), or (ts, ledger) where the order inside the ledger is not
// known, unless allow_same_ledger. conserving: every amount is retention_min to retention_max of
// the one before (the kernel compares base units exactly, this query as floats).
// Infrastructure, pseudo accounts and hubs take no part: more than hub_degree counterparties, or of
// 10,000 accounts those with 50 counterparties above hub_percentile.
// null is none for static; else 1000, 0.999, and truncation_limit 100: of an account's transfers
// out the first by truncation_order (ts_desc, ts_asc, amount_desc) are looked at.
// transfers: the hops; static up to 10 a pair, the 5 earliest, then the largest.
// retained_ratio: last amount to first. cut: transfers of the members past truncation_limit, and
// instances past max_per_account of the first account and past limit; null: not counted (static).
//
// mode    read
// param   variant: str = static
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   max_gap: duration = P7D
// param   window: duration = P30D
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = null
// param   hub_percentile: float = null
// param   truncation_limit: int = null
// param   truncation_order: str = ts_desc
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     datetime({epochMillis: 0}) AS zero,
     CASE $variant WHEN 'static' THEN $hub_degree ELSE coalesce($hub_degree, 1000) END AS hub,
     CASE $variant WHEN 'static' THEN $hub_percentile
       ELSE coalesce($hub_percentile, 0.999) END AS share,
     CASE WHEN $variant <> 'static' THEN coalesce($truncation_limit, 100) END AS keep
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
WHERE COUNT { (a)-[:TRANSFER]->() } > 0 AND COUNT { (a)<-[:TRANSFER]-() } > 0
  AND ($network IS NULL OR a.network = $network) AND NOT a IN hubs
CALL (a, since, until, hubs, dropped, gap, span) {
  CALL (a, since, until, hubs, dropped, gap, span) {
    MATCH (a)-[e1:FLOW]->(b)-[e2:FLOW]->(c)-[e3:FLOW]->(a)
    WHERE $variant = 'static' AND a.id < b.id AND a.id < c.id AND b <> c
      AND e1.asset = e2.asset AND e1.asset = e3.asset AND ($asset IS NULL OR e1.asset = $asset)
      AND all(e IN [e1, e2, e3] WHERE ($until IS NULL OR e.first_timestamp < $until)
        AND ($since IS NULL OR e.last_timestamp >= $since))
      AND NOT b IN hubs AND NOT c IN hubs
      AND ($since IS NULL AND $until IS NULL AND $min_amount = 0 OR COUNT {
        UNWIND [[a, b], [b, c], [c, a]] AS pair WITH pair[0] AS x, pair[1] AS y
        MATCH (x)-[t:TRANSFER]->(y)
        WHERE t.asset = e1.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
          AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
        RETURN DISTINCT x
      } = 3)
    RETURN b, c, e1.asset AS asset, null AS root, [] AS hops,
           e1.amount + e2.amount + e3.amount AS volume,
           reduce(m = e1.first_timestamp, e IN [e2, e3] |
             CASE WHEN e.first_timestamp < m THEN e.first_timestamp ELSE m END) AS started,
           reduce(m = e1.last_timestamp, e IN [e2, e3] |
             CASE WHEN e.last_timestamp > m THEN e.last_timestamp ELSE m END) AS ended
    UNION ALL
    MATCH (a)-[s1:TRANSFER]->(b)-[s2:TRANSFER]->(c)-[s3:TRANSFER]->(a)
    WHERE ($variant = 'temporal' OR $variant = 'conserving') AND b <> c
      AND a.id < b.id AND a.id < c.id AND NOT b IN hubs AND NOT c IN hubs
      AND all(t IN [s1, s2, s3] WHERE t.asset = s1.asset AND t.ts >= since AND t.ts < until
        AND t.ledger >= 0 AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
        AND ($asset IS NULL OR t.asset = $asset) AND NOT t IN dropped)
    UNWIND [[a, s1, s2, s3], [b, s2, s3, s1], [c, s3, s1, s2]] AS turn
    WITH b, c, turn[0] AS root, turn[1..] AS hops
    WITH *, [[hops[0], hops[1]], [hops[1], hops[2]]] AS pairs
    WHERE hops[2].ts - hops[0].ts <= span
      AND all(p IN pairs WHERE p[1].ts - p[0].ts <= gap AND (p[0].ts < p[1].ts
        OR p[0].ts = p[1].ts AND (p[0].ledger < p[1].ledger
          OR p[0].ledger = p[1].ledger AND p[0].ord < p[1].ord AND ($allow_same_ledger
            OR NOT 'order_unknown' IN coalesce(p[0].flags, []) + coalesce(p[1].flags, [])))))
      AND ($variant <> 'conserving' OR all(p IN pairs WHERE toFloatOrNull(p[0].amount_base) > 0
        AND toFloat(p[1].amount_base) >= $retention_min * toFloat(p[0].amount_base)
        AND toFloat(p[1].amount_base) <= $retention_max * toFloat(p[0].amount_base)))
    RETURN b, c, hops[0].asset AS asset, root, hops,
           reduce(v = 0.0, t IN hops | v + t.amount) AS volume,
           hops[0].timestamp AS started, hops[2].timestamp AS ended
  }
  WITH * ORDER BY b.id, c.id, asset, [t IN hops | [t.ts, t.ledger, t.ord, t.id]]
  WITH collect({cycle: [a, b, c], asset: asset, root: root, hops: hops, volume: volume,
                started: started, ended: ended}) AS found
  WITH found, CASE $variant WHEN 'static' THEN size(found) ELSE $max_per_account END AS most
  UNWIND found[..most] AS row
  RETURN row, CASE WHEN size(found) > most THEN size(found) - most ELSE 0 END AS past
}
WITH row, since, until, [v IN row.cycle | v.id] AS accounts,
     past + size([t IN dropped WHERE startNode(t) IN row.cycle AND t.asset = row.asset]) AS cut
ORDER BY accounts, row.asset, [t IN row.hops | [t.ts, t.ledger, t.ord, t.id]]
LIMIT CASE $variant WHEN 'static' THEN $limit + 1 ELSE 2147483647 END
WITH since, until, collect({row: row, cut: cut, accounts: accounts}) AS kept
WITH *, CASE WHEN size(kept) <= $limit THEN 0 WHEN $variant <> 'static' THEN size(kept) - $limit
  END AS beyond
UNWIND kept[..$limit] AS k
WITH since, until, k.cut + beyond AS cut, k.accounts AS accounts, k.row AS row
CALL (row, since, until) {
  WITH * WHERE row.hops = []
  UNWIND [0, 1, 2] AS i
  WITH i, row.cycle[i] AS x, row.cycle[(i + 1) % 3] AS y, row.asset AS asset, since, until
  WITH i, COLLECT {
    MATCH (x)-[t:TRANSFER]->(y)
    WHERE t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
    RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id
  } AS all
  WITH i, all, COLLECT { UNWIND all[5..] AS t RETURN t.id ORDER BY t.amount DESC, t.id LIMIT 5 }
    AS largest
  WITH all[..5] + [t IN all[5..] WHERE t.id IN largest] AS chosen ORDER BY i
  RETURN reduce(ids = [], c IN collect([t IN chosen | t.id]) | ids + c) AS ids
}
RETURN accounts, [v IN row.cycle | CASE WHEN v = row.root THEN 'origin' ELSE 'member' END] AS roles,
       CASE row.hops WHEN [] THEN ids ELSE [t IN row.hops | t.id] END AS transfers,
       row.volume AS volume, row.started AS started, row.ended AS ended, row.asset AS asset,
       $variant AS variant, row.hops[2].amount / row.hops[0].amount AS retained_ratio,
       coalesce(cut > 0, true) AS truncated, cut
