// Directed cycles of three accounts, each counted once; the two orientations are two cycles.
//
// static: pairs of FLOW. temporal: three transfers along the cycle, each later than the one before
// (larger ts, ledger, ord; larger ts, ledger where the order inside the ledger is unknown), counted
// once at the earliest. Infrastructure and pseudo accounts take no part, nor accounts with more
// than hub_degree counterparties (null: 1000 for temporal, none for static). FLOW must be fresh.
// transfers: the hops; static up to 10 a pair, the 5 earliest, then the largest.
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
// param   hub_degree: int = null
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     datetime({epochMillis: 0}) AS zero,
     coalesce($hub_degree, CASE $variant WHEN 'temporal' THEN 1000 END) AS hub
WITH *, (zero + $max_gap).epochMillis AS gap, (zero + $window).epochMillis AS span
CALL (since, until, hub) {
  MATCH (h:Account)
  WHERE COUNT { (h)-[:TRANSFER]-() } > hub AND ($network IS NULL OR h.network = $network)
  CALL (h, since, until) {
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h, hub, degree WHERE degree > hub
  RETURN collect(h) AS hubs
}
MATCH (a:Account)
WHERE COUNT { (a)-[:FLOW]->() } > 0 AND COUNT { (a)<-[:FLOW]-() } > 0
  AND ($network IS NULL OR a.network = $network)
CALL (a, since, until, hubs, gap, span) {
  MATCH (a)-[e1:FLOW]->(b)-[e2:FLOW]->(c)-[e3:FLOW]->(a)
  WHERE a.id < b.id AND a.id < c.id AND b <> c AND e1.asset = e2.asset AND e1.asset = e3.asset
    AND ($asset IS NULL OR e1.asset = $asset)
    AND all(e IN [e1, e2, e3] WHERE ($until IS NULL OR e.first_timestamp < $until)
      AND ($since IS NULL OR e.last_timestamp >= $since))
    AND none(v IN [a, b, c] WHERE coalesce(v.is_infra, false) OR v IN hubs
      OR coalesce(v.kind, '') IN ['pseudo', 'coinbase'])
  CALL (a, b, c, e1, e2, e3, since, until, gap, span) {
    WITH * WHERE $variant = 'static' AND ($since IS NULL AND $until IS NULL AND $min_amount = 0
      OR COUNT {
        UNWIND [[a, b], [b, c], [c, a]] AS pair WITH pair[0] AS x, pair[1] AS y
        MATCH (x)-[t:TRANSFER]->(y)
        WHERE t.asset = e1.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
          AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
        RETURN DISTINCT x
      } = 3)
    RETURN a AS root, [] AS hops, e1.amount + e2.amount + e3.amount AS volume,
           reduce(m = e1.first_timestamp, e IN [e2, e3] |
             CASE WHEN e.first_timestamp < m THEN e.first_timestamp ELSE m END) AS started,
           reduce(m = e1.last_timestamp, e IN [e2, e3] |
             CASE WHEN e.last_timestamp > m THEN e.last_timestamp ELSE m END) AS ended
    UNION ALL
    WITH * WHERE $variant = 'temporal'
    UNWIND [[a, b, c], [b, c, a], [c, a, b]] AS turn
    WITH turn[0] AS x, turn[1] AS y, turn[2] AS z, e1.asset AS asset, since, until, gap, span
    MATCH (x)-[t1:TRANSFER]->(y)-[t2:TRANSFER]->(z)-[t3:TRANSFER]->(x)
    WHERE all(t IN [t1, t2, t3] WHERE t.asset = asset AND t.ts >= since AND t.ts < until
        AND t.ledger >= 0 AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount)
      AND t1.ts <= t2.ts AND t2.ts <= t3.ts AND t2.ts - t1.ts <= gap AND t3.ts - t2.ts <= gap
      AND t3.ts - t1.ts <= span
      AND all(p IN [[t1, t2], [t2, t3]] WHERE p[0].ts < p[1].ts OR p[0].ledger < p[1].ledger
        OR p[0].ledger = p[1].ledger AND p[0].ord < p[1].ord
          AND NOT 'order_unknown' IN coalesce(p[0].flags, []) + coalesce(p[1].flags, []))
    RETURN x AS root, [t1, t2, t3] AS hops, t1.amount + t2.amount + t3.amount AS volume,
           t1.timestamp AS started, t3.timestamp AS ended
  }
  WITH a, b, c, e1.asset AS asset, root, hops, volume, started, ended
  ORDER BY b.id, c.id, asset, started, [t IN hops | t.id]
  LIMIT CASE $variant WHEN 'static' THEN 2147483647 ELSE $max_per_account + 1 END
  WITH collect({cycle: [a, b, c], asset: asset, root: root, hops: hops, volume: volume,
                started: started, ended: ended}) AS found
  WITH found, $variant <> 'static' AND size(found) > $max_per_account AS cut
  UNWIND CASE WHEN cut THEN found[..$max_per_account] ELSE found END AS row
  RETURN row, cut
}
WITH row, cut, since, until, [v IN row.cycle | v.id] AS accounts
ORDER BY accounts, row.asset, row.started, [t IN row.hops | t.id] LIMIT $limit + 1
WITH since, until, collect({row: row, cut: cut, accounts: accounts}) AS kept
WITH since, until, kept, size(kept) > $limit AS more
UNWIND kept[..$limit] AS k
WITH since, until, more OR k.cut AS truncated, k.accounts AS accounts, k.row AS row
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
RETURN accounts, [v IN row.cycle | CASE WHEN v = row.root AND row.hops <> [] THEN 'origin'
         ELSE 'member' END] AS roles,
       CASE row.hops WHEN [] THEN ids ELSE [t IN row.hops | t.id] END AS transfers,
       row.volume AS volume, row.started AS started, row.ended AS ended, row.asset AS asset,
       $variant AS variant, truncated
