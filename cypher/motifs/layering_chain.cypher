// Chains of accounts that each pass on, within a day or so, what they just received.
//
// An inner account passes the transfer in through to the next: later (larger ts, ledger, ord;
// larger ts, ledger where the order in the ledger is unknown, unless allow_same_ledger), at most
// max_dwell apart, out / in between retention_min and retention_max, and paired one to one, the
// shortest stay first, as in pass_through. While the chain lasts, from its first transfer to its
// last, it has at most max_inner_degree counterparties, and it is no infrastructure, pseudo account
// or hub (more than hub_degree counterparties in the range, or in a network of 10,000 accounts more
// than 50 and than hub_percentile of all); the ends may be. A chain is as long as it can be: no
// account twice, at most max_length transfers, `window` from first to last. Of these, chains of
// min_length transfers show whose amounts have a coefficient of variation of at most max_cv and sum
// to min_total.
//
// accounts, transfers: along the chain. retained_ratio: last amount / first; cv: of the amounts.
// Of a source the max_per_account earliest chains show. cut counts the source's chains and the
// instances left out by limits; of a transfer in the truncation_limit next transfers out are looked
// at. The kernel compares amounts as integers, this query as doubles with 1e-9 to spare, and it
// searches one list of all pairs: for small graphs. min_total is US dollars where `prices` (by asset,
// then by days since 1970-01-01) names the asset, and a chain with a day without price shows; else
// whole units of the asset.
//
// mode    read
// param   variant: str = conserving
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_length: int = 3
// param   max_length: int = 8
// param   max_inner_degree: int = 10
// param   max_cv: float = 0.5
// param   prices: map = null
// param   min_total: float = 1000
// param   max_dwell: duration = PT24H
// param   window: duration = P30D
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int, cv: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_dwell).epochMillis AS dwell,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span
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
CALL (hubs, since, until, dwell) {
  MATCH (v:Account)
  WHERE ($network IS NULL OR v.network = $network) AND NOT v IN hubs AND $variant = 'conserving'
  CALL (v, since, until, dwell) {
    MATCH (u)-[i:TRANSFER]->(v)
    WHERE u <> v AND i.ts >= since AND i.ts < until AND i.ledger >= 0 AND i.kind <> 'fee'
      AND ($asset IS NULL OR i.asset = $asset) AND i.amount_base IS NOT NULL
      AND coalesce(i.amount, 0) >= $min_amount
    CALL (v, i, since, until, dwell) {
      MATCH (v)-[o:TRANSFER]->(w)
      WHERE w <> v AND o.asset = i.asset AND o.ts < until AND o.ledger >= 0 AND o.kind <> 'fee'
        AND o.amount_base IS NOT NULL AND coalesce(o.amount, 0) >= $min_amount
        AND o.ts >= i.ts AND o.ts - i.ts <= dwell
        AND (o.ts > i.ts OR o.ledger > i.ledger OR o.ledger = i.ledger AND o.ord > i.ord)
      WITH o, w ORDER BY o.ts, o.ledger, o.ord, o.id
      RETURN collect([o, w]) AS later
    }
    WITH v, collect([i, u, later[..$truncation_limit]]) AS ins
    CALL (ins) {
      UNWIND ins AS x
      UNWIND x[2] AS y
      WITH x[0] AS i, x[1] AS u, y[0] AS o, y[1] AS w
      WITH *, toFloat(o.amount_base) / toFloat(i.amount_base) AS ratio
      WHERE u <> w AND ratio >= $retention_min * (1 - 1e-9) AND ratio <= $retention_max * (1 + 1e-9)
        AND ($allow_same_ledger OR o.ts > i.ts OR o.ledger > i.ledger
          OR NOT 'order_unknown' IN coalesce(i.flags, []) + coalesce(o.flags, []))
      WITH * ORDER BY o.ts - i.ts, i.ts, i.ledger, i.ord, i.id, o.ts, o.ledger, o.ord, o.id
      RETURN collect([i, o, u, w, ratio]) AS pairs
    }
    WITH *, reduce(taken = [], p IN pairs | CASE
      WHEN none(x IN taken WHERE x[0] = p[0] OR x[1] = p[1]) THEN taken + [p] ELSE taken
      END) AS taken
    UNWIND taken AS p
    RETURN p[0] AS i, p[1] AS o
  }
  RETURN collect([i, o]) AS links
}
CALL (links, span) {
  UNWIND links AS head
  UNWIND range(2, $max_length) AS k
  WITH span, k, reduce(path = head, n IN range(3, k) |
    path + [l IN links WHERE l[0] = path[-1] | l[1]][..1]) AS hops
  WITH span, hops, [startNode(hops[0])] + [t IN hops | endNode(t)] AS nodes WHERE size(hops) = k
  WITH hops, nodes WHERE hops[-1].ts - hops[0].ts <= span
    AND all(n IN nodes WHERE size([m IN nodes WHERE m = n]) = 1)
    AND none(n IN nodes[1..-1] WHERE COUNT {
      MATCH (n)-[t:TRANSFER]-(x)
      WHERE x <> n AND t.ts >= hops[0].ts AND t.ts <= hops[-1].ts AND t.ledger >= 0
        AND t.kind <> 'fee'
      RETURN DISTINCT x
    } > $max_inner_degree)
  RETURN collect([hops, nodes]) AS parts
}
UNWIND parts AS part
WITH parts, part[0] AS hops, part[1] AS nodes
WHERE none(p IN parts WHERE size(p[0]) = size(hops) + 1
  AND (p[0][1..] = hops OR p[0][..-1] = hops))
WITH hops, nodes, [t IN hops | toFloat(t.amount_base)] AS values,
     reduce(sum = 0.0, t IN hops | sum + coalesce(t.amount, 0)) AS volume
WITH *, COLLECT { UNWIND values AS value RETURN stDevP(value) / avg(value) }[0] AS cv
WHERE size(hops) >= $min_length AND cv <= $max_cv AND CASE WHEN $prices[hops[0].asset] IS NULL
  THEN volume >= $min_total ELSE coalesce(reduce(sum = 0.0, t IN hops | sum + t.amount
    * $prices[t.asset][toString(t.ts / 86400000)]) >= $min_total, true) END
WITH * ORDER BY hops[0].ts, hops[0].ledger, hops[0].ord, hops[0].id, hops[-1].id
WITH nodes[0] AS source, collect([hops, nodes, values, volume, cv]) AS every
UNWIND every[..$max_per_account] AS r
WITH source, r, CASE WHEN size(every) > $max_per_account THEN size(every) - $max_per_account
  ELSE 0 END AS unseen
ORDER BY source.id, r[0][0].ts, r[0][0].ledger, r[0][0].ord, r[0][0].id
WITH collect([r, unseen]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS f
WITH f[0][0] AS hops, f[0][1] AS nodes, f[0][2] AS values, f[0][3] AS volume, f[0][4] AS cv,
     f[1] + over AS cut
RETURN [n IN nodes | n.id] AS accounts,
       ['source'] + [n IN nodes[1..-1] | 'intermediary'] + ['destination'] AS roles,
       [t IN hops | t.id] AS transfers, volume, hops[0].timestamp AS started,
       hops[-1].timestamp AS ended, hops[0].asset AS asset, $variant AS variant,
       values[-1] / values[0] AS retained_ratio, cut > 0 AS truncated, cut, cv
