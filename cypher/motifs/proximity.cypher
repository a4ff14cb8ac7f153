// Accounts near one that a label marks as bad, by the money that ran between them.
//
// With mode downstream they received its money, along transfers each later than the one before
// (larger ts, ledger, ord; larger ts, ledger where the order in the ledger is unknown, unless
// allow_same_ledger); with upstream they sent it money so; with any either, without regard to time,
// only for display. All transfers of a path are of one asset. A label counts that is of one of the
// categories or of trust level blacklisted, was known at as_of (null is until, then now), has not
// expired by then and is confident enough. Labelled accounts are not reported and not crossed; nor
// are infrastructure, pseudo accounts and hubs crossed (more than hub_degree counterparties in the
// range, or in a network of 10,000 accounts more than 50 and than hub_percentile of all).
//
// One row an account and asset: distance is the fewest transfers (up to max_distance, at most 3),
// by the path that is there first (upstream: leaves last); risk = 1 / (distance + 1), the best over
// all labels. conserving_: of the paths whose amounts keep a ratio next / previous between
// retention_min and retention_max the shortest, then with the largest amount at the account, then
// the earliest; its share of all that the account received (upstream: sent) in the asset; null
// where there is none, and for any. Ratios are compared as doubles, with 1e-9 to spare.
// accounts, transfers: along the money, any: from the label. cut counts instances past the limit.
//
// mode    read
// param   mode: str = downstream
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   categories: list[str] = mixer,scam,dark_market,sanctioned
// param   min_confidence: float = 0.5
// param   as_of: datetime = null
// param   max_distance: int = 3
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  distance: int, risk: float, category: str, conserving_distance: int
// return  conserving_risk: float, conserving_share: float, conserving_transfers: list[str]
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     coalesce($as_of, $until, datetime()) AS moment, CASE $mode WHEN 'upstream' THEN -1 ELSE 1
       END AS sign
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
CALL (moment) {
  MATCH (v:Account)
  WHERE ($network IS NULL OR v.network = $network) AND $mode IN ['downstream', 'upstream', 'any']
    AND EXISTS {
      MATCH (v)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
  RETURN collect(v) AS sources
}
CALL (sources, since, until, sign, moment) {
  UNWIND sources AS v
  MATCH (v)-[t:TRANSFER]-(w)
  WHERE w <> v AND ($asset IS NULL OR t.asset = $asset) AND t.ts >= since AND t.ts < until
    AND t.ledger >= 0 AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
    AND ($mode = 'any' OR (startNode(t) = v) = ($mode = 'downstream'))
    AND NOT EXISTS {
      MATCH (w)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
  WITH v, w, t ORDER BY sign * t.ts, sign * t.ledger, NOT $allow_same_ledger
    AND 'order_unknown' IN coalesce(t.flags, []), sign * t.ord, t.id
  WITH w, t.asset AS asset, collect([t, v, w])[0] AS one
  RETURN collect([one[2], [one[0]], [one[1], one[2]]]) AS n1
}
CALL (n1, hubs, since, until, sign, moment) {
  UNWIND n1 AS f
  WITH f[0] AS v, f[1] AS path, f[1][-1] AS p, f[2] AS nodes, hubs, since, until, sign, moment
  WHERE $max_distance >= 2 AND NOT v IN hubs
  MATCH (v)-[t:TRANSFER]-(w)
  WHERE NOT w IN nodes AND t.asset = p.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
    AND ($mode = 'any' OR (startNode(t) = v) = ($mode = 'downstream'))
    AND ($mode = 'any' OR sign * (t.ts - p.ts) > 0 OR t.ts = p.ts
      AND (sign * (t.ledger - p.ledger) > 0 OR t.ledger = p.ledger AND sign * (t.ord - p.ord) > 0
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(p.flags, []))))
    AND NOT EXISTS {
      MATCH (w)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
  WITH path, nodes, w, t ORDER BY sign * t.ts, sign * t.ledger, NOT $allow_same_ledger
    AND 'order_unknown' IN coalesce(t.flags, []), sign * t.ord, t.id, [n IN nodes | n.id],
    [x IN path | x.id]
  WITH w, t.asset AS asset, collect([w, path + [t], nodes + [w]])[0] AS one
  RETURN collect(one) AS n2
}
CALL (n2, hubs, since, until, sign, moment) {
  UNWIND n2 AS f
  WITH f[0] AS v, f[1] AS path, f[1][-1] AS p, f[2] AS nodes, hubs, since, until, sign, moment
  WHERE $max_distance >= 3 AND NOT v IN hubs
  MATCH (v)-[t:TRANSFER]-(w)
  WHERE NOT w IN nodes AND t.asset = p.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
    AND ($mode = 'any' OR (startNode(t) = v) = ($mode = 'downstream'))
    AND ($mode = 'any' OR sign * (t.ts - p.ts) > 0 OR t.ts = p.ts
      AND (sign * (t.ledger - p.ledger) > 0 OR t.ledger = p.ledger AND sign * (t.ord - p.ord) > 0
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(p.flags, []))))
    AND NOT EXISTS {
      MATCH (w)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
  WITH path, nodes, w, t ORDER BY sign * t.ts, sign * t.ledger, NOT $allow_same_ledger
    AND 'order_unknown' IN coalesce(t.flags, []), sign * t.ord, t.id, [n IN nodes | n.id],
    [x IN path | x.id]
  WITH w, t.asset AS asset, collect([w, path + [t], nodes + [w]])[0] AS one
  RETURN collect(one) AS n3
}
CALL (sources, since, until, sign, moment) {
  UNWIND sources AS v
  MATCH (v)-[t:TRANSFER]-(w)
  WHERE w <> v AND ($asset IS NULL OR t.asset = $asset) AND t.ts >= since AND t.ts < until
    AND t.ledger >= 0 AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
    AND ($mode = 'any' OR (startNode(t) = v) = ($mode = 'downstream'))
    AND NOT EXISTS {
      MATCH (w)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
  WITH v, w, t ORDER BY sign * t.ts, sign * t.ledger, NOT $allow_same_ledger
    AND 'order_unknown' IN coalesce(t.flags, []), sign * t.ord, t.id
  WITH [t, v, w] AS one
  RETURN collect([one[2], [one[0]], [one[1], one[2]]]) AS c1
}
CALL (c1, hubs, since, until, sign, moment) {
  UNWIND c1 AS f
  WITH f[0] AS v, f[1] AS path, f[1][-1] AS p, f[2] AS nodes, hubs, since, until, sign, moment
  WHERE $max_distance >= 2 AND NOT v IN hubs
  MATCH (v)-[t:TRANSFER]-(w)
  WHERE NOT w IN nodes AND t.asset = p.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
    AND ($mode = 'any' OR (startNode(t) = v) = ($mode = 'downstream'))
    AND ($mode = 'any' OR sign * (t.ts - p.ts) > 0 OR t.ts = p.ts
      AND (sign * (t.ledger - p.ledger) > 0 OR t.ledger = p.ledger AND sign * (t.ord - p.ord) > 0
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(p.flags, []))))
    AND NOT EXISTS {
      MATCH (w)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
    AND CASE $mode WHEN 'any' THEN false
      WHEN 'downstream'
        THEN toFloat(t.amount_base) >= toFloat(p.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(t.amount_base) <= toFloat(p.amount_base) * $retention_max * (1 + 1e-9)
      ELSE toFloat(p.amount_base) >= toFloat(t.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(p.amount_base) <= toFloat(t.amount_base) * $retention_max * (1 + 1e-9) END
  WITH path, nodes, w, t ORDER BY sign * t.ts, sign * t.ledger, NOT $allow_same_ledger
    AND 'order_unknown' IN coalesce(t.flags, []), sign * t.ord, t.id, [n IN nodes | n.id],
    [x IN path | x.id]
  WITH t, collect([w, path + [t], nodes + [w]])[0] AS one
  RETURN collect(one) AS c2
}
CALL (c2, hubs, since, until, sign, moment) {
  UNWIND c2 AS f
  WITH f[0] AS v, f[1] AS path, f[1][-1] AS p, f[2] AS nodes, hubs, since, until, sign, moment
  WHERE $max_distance >= 3 AND NOT v IN hubs
  MATCH (v)-[t:TRANSFER]-(w)
  WHERE NOT w IN nodes AND t.asset = p.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
    AND ($mode = 'any' OR (startNode(t) = v) = ($mode = 'downstream'))
    AND ($mode = 'any' OR sign * (t.ts - p.ts) > 0 OR t.ts = p.ts
      AND (sign * (t.ledger - p.ledger) > 0 OR t.ledger = p.ledger AND sign * (t.ord - p.ord) > 0
        AND ($allow_same_ledger
          OR NOT 'order_unknown' IN coalesce(t.flags, []) + coalesce(p.flags, []))))
    AND NOT EXISTS {
      MATCH (w)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    }
    AND CASE $mode WHEN 'any' THEN false
      WHEN 'downstream'
        THEN toFloat(t.amount_base) >= toFloat(p.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(t.amount_base) <= toFloat(p.amount_base) * $retention_max * (1 + 1e-9)
      ELSE toFloat(p.amount_base) >= toFloat(t.amount_base) * $retention_min * (1 - 1e-9)
        AND toFloat(p.amount_base) <= toFloat(t.amount_base) * $retention_max * (1 + 1e-9) END
  WITH path, nodes, w, t ORDER BY sign * t.ts, sign * t.ledger, NOT $allow_same_ledger
    AND 'order_unknown' IN coalesce(t.flags, []), sign * t.ord, t.id, [n IN nodes | n.id],
    [x IN path | x.id]
  WITH t, collect([w, path + [t], nodes + [w]])[0] AS one
  RETURN collect(one) AS c3
}
CALL (n1, n2, n3, c1, c2, c3) {
  UNWIND [n1, n2, n3] AS near
  UNWIND near AS f
  WITH f[0] AS w, f[1][0].asset AS asset, f[1] AS path, f[2] AS nodes, null AS kept
  RETURN w, asset, path, nodes, kept
  UNION ALL
  UNWIND [c1, c2, c3] AS near
  UNWIND near AS f
  WITH f[0] AS w, f[1][0].asset AS asset, null AS path, null AS nodes, f[1] AS kept
  WHERE $mode <> 'any'
  RETURN w, asset, path, nodes, kept
}
WITH * ORDER BY size(coalesce(path, kept)), kept[-1].amount DESC, kept[-1].ts, [t IN kept | t.id]
WITH w, asset, sign, since, until, moment, collect([path, nodes])[0] AS best,
     head(collect(kept)) AS kept
WITH *, best[0] AS path, best[1] AS nodes
CALL (w, asset, kept, since, until) {
  MATCH (w)-[t:TRANSFER]-(o)
  WHERE kept IS NOT NULL AND o <> w AND t.asset = asset
    AND (endNode(t) = w) = ($mode = 'downstream')
    AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
  RETURN toFloat(sum(toFloat(t.amount_base))) AS moved
}
CALL (nodes, moment) {
  WITH nodes[0] AS v, moment
  MATCH (v)-[:HAS_TAG]->(g:Tag)
  WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
    AND coalesce(g.confidence, 0.5) >= $min_confidence
    AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
  RETURN g.category AS category ORDER BY g.confidence DESC, category LIMIT 1
}
WITH * ORDER BY size(path), w.id, asset
WITH collect([path, nodes, asset, kept, moved, category]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS cut
UNWIND found[..$limit] AS r
WITH cut, r[2] AS asset, r[3] AS kept, r[4] AS moved, r[5] AS category, size(r[0]) AS distance,
     CASE $mode WHEN 'upstream' THEN reverse(r[0]) ELSE r[0] END AS path,
     CASE $mode WHEN 'upstream' THEN reverse(r[1]) ELSE r[1] END AS nodes,
     ['risk_source'] + [n IN r[1][1..-1] | 'hop'] + ['suspect'] AS roles
RETURN [n IN nodes | n.id] AS accounts,
       CASE $mode WHEN 'upstream' THEN reverse(roles) ELSE roles END AS roles,
       [t IN path | t.id] AS transfers,
       reduce(sum = 0.0, t IN path | sum + coalesce(t.amount, 0)) AS volume,
       reduce(m = path[0].timestamp, t IN path | CASE WHEN t.timestamp < m THEN t.timestamp ELSE m
         END)
         AS started,
       reduce(m = path[0].timestamp, t IN path | CASE WHEN t.timestamp > m THEN t.timestamp ELSE m
         END)
         AS ended,
       asset, CASE $mode WHEN 'any' THEN 'static' ELSE 'temporal' END AS variant,
         cut > 0 AS truncated,
       cut, distance, 1.0 / (distance + 1) AS risk, category, size(kept) AS conserving_distance,
       1.0 / (size(kept) + 1) AS conserving_risk,
       CASE WHEN moved > 0 THEN toFloat(kept[-1].amount_base) / moved END AS conserving_share,
       CASE $mode WHEN 'upstream' THEN [t IN reverse(kept) | t.id] ELSE [t IN kept | t.id] END
         AS conserving_transfers
