// Rings of two to six accounts walked round and round with like amounts.
//
// A walk begins with a transfer along the ring and takes the next one along it that is later, at
// most max_gap after the one before, inside window, and whose amount may lie within tolerance of a
// common median; so does a second one that takes only amounts within tolerance of its first, so
// that other payments do not spoil it. Whole rounds count: at least min_rounds, every amount within
// tolerance of their median, and of every member what came in and went out differs by at most
// tolerance of both. Of walks that share a transfer the one with most rounds is taken, then the
// earliest.
// Later is a larger (ts, ledger, ord), or (ts, ledger) where the order inside the ledger is not
// known, unless allow_same_ledger. FLOW must be fresh: it tells which rings could be walked.
// Infrastructure, pseudo accounts and hubs take no part: more than hub_degree counterparties, or of
// 10,000 accounts those with 50 counterparties above hub_percentile. Of a pair's transfers the
// latest truncation_limit are looked at. net_change: in less out of every member. cut: transfers
// of the ring past truncation_limit, walks past max_per_account of the smallest id, and past limit.
//
// mode    read
// param   variant: str = temporal
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_length: int = 2
// param   max_length: int = 6
// param   min_rounds: int = 3
// param   tolerance: float = 0.05
// param   max_gap: duration = P7D
// param   window: duration = P7D
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  rounds: int, net_change: list[float]
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     datetime({epochMillis: 0}) AS zero,
     $hub_degree AS hub, $hub_percentile AS share
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
MATCH (a:Account)
WHERE $variant = 'temporal' AND NOT a IN hubs AND ($network IS NULL OR a.network = $network)
CALL (a, since, until, hubs, gap, span) {
  MATCH p = (a)-[flows:FLOW*2..6]->(a)
  WHERE all(f IN flows WHERE f.count >= $min_rounds AND ($asset IS NULL OR f.asset = $asset)
      AND NOT endNode(f) IN hubs)
    AND all(v IN nodes(p)[1..-1] WHERE v.id > a.id)
  WITH nodes(p)[..-1] AS ring, flows, flows[0].asset AS asset, size(flows) AS k, since, until, gap,
       span
  WHERE all(f IN flows WHERE f.asset = asset) AND $min_length <= k <= $max_length
    AND all(v IN ring WHERE single(w IN ring WHERE w = v))
  CALL (ring, k, asset, since, until) {
    UNWIND range(0, k - 1) AS i
    WITH i, ring[i] AS x, ring[(i + 1) % k] AS y, asset, since, until
    CALL (x, y, asset, since, until) {
      MATCH (x)-[t:TRANSFER]->(y)
      WHERE t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
        AND t.kind <> 'fee' AND t.amount >= $min_amount AND t.amount > 0
      WITH t ORDER BY t.ts DESC, t.ledger DESC, t.ord DESC, t.id DESC
      RETURN collect(t) AS every
    }
    UNWIND [t IN every[..coalesce($truncation_limit, size(every))] | [i, t]] AS leg
    WITH leg, CASE WHEN size(every) > $truncation_limit THEN size(every) - $truncation_limit
      ELSE 0 END AS past, i
    ORDER BY leg[1].ts, leg[1].ledger, leg[1].ord, leg[1].id
    WITH collect(leg) AS legs, collect(DISTINCT [i, past]) AS pasts
    RETURN legs, reduce(n = 0, x IN pasts | n + x[1]) AS past
  }
  WITH * WHERE size(legs) >= k * $min_rounds
  UNWIND range(0, size(legs) - k * $min_rounds) AS s
  UNWIND [false, true] AS close
  WITH ring, k, asset, legs, past, s, close, reduce(w = [legs[s]], e IN legs[s + 1..] |
    CASE WHEN e[0] = (w[-1][0] + 1) % k AND e[1].ts - w[0][1].ts <= span
        AND e[1].ts - w[-1][1].ts <= gap
        AND CASE WHEN close
          THEN abs(e[1].amount - w[0][1].amount) <= $tolerance * w[0][1].amount
          ELSE e[1].amount * (1 - $tolerance) <= w[0][1].amount * (1 + $tolerance)
            AND w[0][1].amount * (1 - $tolerance) <= e[1].amount * (1 + $tolerance) END
        AND (w[-1][1].ts < e[1].ts OR w[-1][1].ledger < e[1].ledger
          OR w[-1][1].ledger = e[1].ledger AND w[-1][1].ord < e[1].ord AND ($allow_same_ledger
            OR NOT 'order_unknown' IN coalesce(w[-1][1].flags, []) + coalesce(e[1].flags, [])))
      THEN w + [e] ELSE w END) AS walk
  WITH *, size(walk) / k AS rounds
  WITH *, walk[..rounds * k] AS hops WHERE rounds >= $min_rounds
  CALL (hops) {
    UNWIND hops AS h
    RETURN percentileCont(h[1].amount, 0.5) AS median, sum(h[1].amount) AS volume
  }
  WITH *, [i IN range(0, k - 1) |
    reduce(v = 0.0, h IN hops | v + CASE h[0] WHEN i THEN h[1].amount ELSE 0 END)] AS sent
  WITH *, [i IN range(0, k - 1) | sent[(i + k - 1) % k] - sent[i]] AS net_change
  WHERE all(h IN hops WHERE abs(h[1].amount - median) <= $tolerance * median)
    AND all(i IN range(0, k - 1) WHERE
      abs(net_change[i]) <= $tolerance * (sent[(i + k - 1) % k] + sent[i]))
  WITH ring, asset, past, rounds, [h IN hops | h[1]] AS hops, hops[0][0] AS origin, volume,
    net_change, s, close
  ORDER BY rounds DESC, s, close
  WITH ring, asset, past, collect({rounds: rounds, hops: hops, origin: origin, volume: volume,
    net_change: net_change}) AS walks
  UNWIND reduce(taken = [], w IN walks | CASE
    WHEN none(x IN taken WHERE any(t IN w.hops WHERE t IN x.hops)) THEN taken + [w] ELSE taken
      END) AS w
  WITH ring, asset, past, w
  ORDER BY [v IN ring | v.id], asset, [t IN w.hops | [t.ts, t.ledger, t.ord, t.id]]
  WITH collect({ring: ring, asset: asset, past: past, w: w}) AS found
  UNWIND found[..$max_per_account] AS row
  RETURN row, CASE WHEN size(found) > $max_per_account THEN size(found) - $max_per_account ELSE 0
    END AS over
}
WITH row, over, [v IN row.ring | v.id] AS accounts
ORDER BY accounts, row.asset, [t IN row.w.hops | [t.ts, t.ledger, t.ord, t.id]]
WITH collect({row: row, over: over, accounts: accounts}) AS kept
WITH kept, CASE WHEN size(kept) > $limit THEN size(kept) - $limit ELSE 0 END AS beyond
UNWIND kept[..$limit] AS k
WITH k.row.w AS w, k.accounts AS accounts, k.row.asset AS asset, k.row.past + k.over + beyond AS cut
RETURN accounts,
       [i IN range(0, size(accounts) - 1) | CASE i WHEN w.origin THEN 'origin' ELSE 'member' END]
         AS roles,
       [t IN w.hops | t.id] AS transfers, w.volume AS volume, w.hops[0].timestamp AS started,
       w.hops[-1].timestamp AS ended, asset, $variant AS variant, cut > 0 AS truncated, cut,
       w.rounds AS rounds, w.net_change AS net_change
