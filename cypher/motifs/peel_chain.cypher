// A sum that moves through fresh accounts, where each keeps little and small amounts are peeled
// off.
//
// A step: an account, first seen with or after the transfer X that it received, sends within
// step_window after it (larger ts, ledger, ord; larger ts, ledger where the order in the ledger is
// unknown, unless allow_same_ledger) one large transfer and peels, in the same asset: the largest
// of them has a ratio to X between retention_min and retention_max and goes to an account that was
// not seen before X came; all others go to other accounts, are one or more, and sum to between
// peel_min and peel_max of X. Where two transfers in claim one large transfer the later has it. A
// chain goes through no account twice and is as long as it can be, at most max_hops large
// transfers; it shows with min_hops, of whose steps min_decreasing decrease. What the origin held,
// and peeled, is not seen. A UTXO transaction with two outputs is a step: larger output on, smaller
// one peeled.
// Infrastructure, pseudo accounts and hubs (more than hub_degree counterparties in the range, or in
// a network of 10,000 accounts more than 50 and than hub_percentile of all) receive no X.
// accounts: origin, then the chain, then peel targets by id; transfers: the large ones in hop
// order, then the peels by time. peeled_ratio: peels / first amount. cut counts instances past the
// limit.
// Ratios are compared as doubles, with 1e-9 to spare.
//
// mode    read
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_hops: int = 5
// param   max_hops: int = 20
// param   step_window: duration = PT24H
// param   peel_min: float = 0.005
// param   peel_max: float = 0.20
// param   min_decreasing: float = 0.7
// param   retention_min: float = 0.80
// param   retention_max: float = 0.995
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int
// return  hops: int, peels: int, peeled_ratio: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $step_window).epochMillis AS step
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
CALL (hubs, since, until, step) {
  MATCH (v:Account)<-[t:TRANSFER]-(u)
  WHERE ($network IS NULL OR v.network = $network) AND ($asset IS NULL OR t.asset = $asset)
    AND u <> v AND v.first_seen >= t.ts AND COUNT { (v)-[:TRANSFER]->() } > 1
    AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    AND t.amount_base IS NOT NULL AND coalesce(t.amount, 0) >= $min_amount
    AND NOT v IN hubs
  CALL (v, t, since, until, step) {
    MATCH (v)-[o:TRANSFER]->(w)
    WHERE w <> v AND o.asset = t.asset AND o.ts >= since AND o.ts < until AND o.ledger >= 0
      AND o.kind <> 'fee'
      AND o.amount_base IS NOT NULL AND coalesce(o.amount, 0) >= $min_amount
      AND o.ts - t.ts <= step AND o.ts >= t.ts
      AND (o.ts > t.ts OR o.ledger > t.ledger OR o.ledger = t.ledger
        AND o.ord > t.ord AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(o.flags, [])))
    WITH o, w, toFloat(o.amount_base) AS value ORDER BY value DESC, o.ts, o.ledger, o.ord, o.id
    RETURN collect([o, w, value]) AS outs
  }
  WITH t, toFloat(t.amount_base) AS x, outs, outs[0] AS large,
       reduce(sum = 0.0, o IN outs[1..] | sum + o[2]) AS peeled
  WHERE size(outs) > 1 AND x > 0 AND large[1].first_seen >= t.ts
    AND none(o IN outs[1..] WHERE o[1] = large[1])
    AND large[2] >= x * $retention_min * (1 - 1e-9) AND large[2] <= x * $retention_max * (1 + 1e-9)
    AND peeled >= x * $peel_min * (1 - 1e-9) AND peeled <= x * $peel_max * (1 + 1e-9)
  WITH t, large[0] AS next, outs[1..] AS peels
    ORDER BY t.ts DESC, t.ledger DESC, t.ord DESC, t.id DESC
  WITH next, collect([t, next, peels])[0] AS link
  RETURN collect(link) AS links
}
UNWIND links AS head
CALL (links, head) {
  UNWIND range(2, $max_hops) AS k
  WITH k, reduce(path = [head], n IN range(3, k) |
    path + [l IN links WHERE l[0] = path[-1][1]][..1]) AS path
  WHERE size(path) = k - 1
  WITH path, [head[0]] + [l IN path | l[1]] AS hops
  WITH path, hops, [startNode(head[0])] + [t IN hops | endNode(t)] AS nodes
  WHERE all(n IN nodes WHERE size([m IN nodes WHERE m = n]) = 1) AND (size(hops) = $max_hops
    OR none(l IN links WHERE l[1] = hops[0] AND NOT startNode(l[0]) IN nodes)
    AND none(l IN links WHERE l[0] = hops[-1] AND NOT endNode(l[1]) IN nodes))
  RETURN hops, nodes, reduce(every = [], l IN path | every + l[2]) AS peels
}
WITH hops, nodes, peels, [t IN hops | toFloat(t.amount_base)] AS values
WHERE size(hops) >= $min_hops AND size([i IN range(1, size(values) - 1)
  WHERE values[i] < values[i - 1]]) >= $min_decreasing * (size(values) - 1)
WITH * ORDER BY nodes[0].id, hops[0].ts, hops[0].ledger, hops[0].ord, hops[0].id
WITH collect([hops, nodes, peels, values]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS cut
UNWIND found[..$limit] AS f
WITH f[0] AS hops, f[1] AS nodes, f[3] AS values, cut,
     COLLECT { UNWIND f[2] AS p RETURN p[0] ORDER BY p[0].ts, p[0].ledger, p[0].ord,
       p[0].id } AS peels
WITH *, COLLECT { UNWIND peels AS t WITH DISTINCT endNode(t) AS n WHERE NOT n IN nodes
  RETURN n.id ORDER BY n.id } AS targets
RETURN [n IN nodes | n.id] + targets AS accounts,
       ['origin'] + [n IN nodes[1..] | 'chain'] + [n IN targets | 'peel_target'] AS roles,
       [t IN hops + peels | t.id] AS transfers,
       reduce(sum = 0.0, t IN hops + peels | sum + coalesce(t.amount, 0)) AS volume,
       hops[0].timestamp AS started,
       reduce(m = hops[-1].timestamp, t IN peels | CASE WHEN t.timestamp > m THEN t.timestamp
         ELSE m END) AS ended,
       hops[0].asset AS asset, 'conserving' AS variant, values[-1] / values[0] AS retained_ratio,
       cut > 0 AS truncated, cut, size(hops) AS hops, size(peels) AS peels,
       reduce(sum = 0.0, t IN peels | sum + toFloat(t.amount_base)) / values[0] AS peeled_ratio
