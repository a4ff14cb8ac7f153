// Accounts that one account called into being: funded alike, dealing mostly among themselves.
//
// temporal, by their funding: the first transfer a member ever received, of any asset, came from
// the controller; members are funded within funding_window of each other, in the same asset, with
// amounts that neighbour each other in size and have a coefficient of variation of at most max_cv.
// Of these accounts those without min_transfers transfers, or with a share below min_inside of them
// with the controller or another of them, from the first funding to the last transfer that they
// and the controller have among them in `window`, are left out, twice; the rest is a cluster if all
// of it keeps these bounds and there are min_members. Of a controller's clusters the largest (then
// earliest) is taken, then of those that share no member.
// static, by their likeness in the range: two accounts are alike when they have at least
// min_jaccard of their counterparties in common (Jaccard, two or more each, the 15 most similar of
// each) and the cosine of their transfers by hour of the day (UTC) is at least min_cosine; a
// cluster is a weakly connected component of at least min_members. Its controllers are the accounts
// outside that at least half of the members deal with; there may be none.
// transfers: those of the members with the controllers and with each other.
// Infrastructure, pseudo accounts and hubs are neither controller nor member, nor counterparties in
// common. A hub has more than hub_degree counterparties in the range, or, where a network has
// 10,000 accounts, at least 50 and more than the hub_percentile; null is no limit.
// cut: clusters of a controller beyond max_per_account and instances beyond limit.
//
// mode    read
// param   variant: str = temporal
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_members: int = 5
// param   funding_window: duration = PT24H
// param   max_cv: float = 0.25
// param   min_inside: float = 0.8
// param   min_transfers: int = 2
// param   min_jaccard: float = 0.5
// param   min_cosine: float = 0.9
// param   window: duration = P30D
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
// return  cut: int, members: int, cv: float, inside: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span
CALL (since, until) {
  MATCH (h:Account)
  WHERE $network IS NULL OR h.network = $network
  WITH h, since, until, COUNT { (h)-[:TRANSFER]-() } AS most,
       coalesce(h.is_infra, false) OR coalesce(h.kind, '') IN ['pseudo', 'coinbase'] AS outside
  CALL (h, since, until, most) {
    WITH * WHERE most > $hub_degree OR most >= 50 AND $hub_percentile < 1
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h.network AS network, count(h) AS size,
       percentileDisc(degree, coalesce($hub_percentile, 1.0)) AS usual,
       collect(CASE WHEN outside OR degree > 0 THEN [h, outside, degree] END) AS rows
  UNWIND rows AS row
  WITH row WHERE row[1] OR row[2] > $hub_degree
    OR size >= 10000 AND row[2] >= 50 AND row[2] > usual AND $hub_percentile < 1
  RETURN collect(row[0]) AS hubs
}
CALL (since, until, span, hubs) {
  WITH *, (datetime({epochMillis: 0}) + $funding_window).epochMillis AS funding
  WHERE $variant = 'temporal'
  MATCH (c:Account)
  WHERE COUNT { (c)-[:TRANSFER]->() } >= $min_members AND NOT c IN hubs
    AND ($network IS NULL OR c.network = $network)
  CALL (c, since, until, span, funding, hubs) {
    MATCH (c)-[t:TRANSFER]->(m)
    WHERE m <> c AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset) AND t.amount > 0 AND t.amount >= $min_amount
      AND NOT m IN hubs AND NOT EXISTS {
        MATCH (m)<-[f:TRANSFER]-(o)
        WHERE o <> m AND f.ledger >= 0 AND f.kind <> 'fee' AND (f.ts < t.ts OR f.ts = t.ts
          AND (f.ledger < t.ledger OR f.ledger = t.ledger AND (f.ord < t.ord OR f.ord = t.ord
            AND (f.id < t.id OR o <> c AND 'order_unknown' IN coalesce(f.flags, []))))) }
    WITH t, m ORDER BY t.ts, t.ledger, t.ord, t.id
    WITH t.asset AS asset, collect([t, m]) AS legs
    WHERE size(legs) >= $min_members
    UNWIND range(0, size(legs) - $min_members) AS i
    WITH *, [leg IN legs[i..] WHERE leg[0].ts <= legs[i][0].ts + funding] AS held
    WHERE size(held) >= $min_members
      AND (i = 0 OR legs[i - 1][0].ts + funding < held[-1][0].ts)
    WITH asset, i, COLLECT { UNWIND held AS leg RETURN leg ORDER BY leg[0].amount, leg[0].id }
      AS legs
    WITH *, reduce(all = [0.0], leg IN legs | all + (all[-1] + leg[0].amount)) AS sums,
         reduce(all = [0.0], leg IN legs | all + (all[-1] + leg[0].amount ^ 2)) AS squares
    UNWIND range(0, size(legs) - $min_members) AS low
    WITH *, last([high IN range(low + $min_members, size(legs)) WHERE (high - low)
      * (squares[high] - squares[low])
      <= (1 + $max_cv ^ 2) * (sums[high] - sums[low]) ^ 2 * (1 + 1e-12)]) AS high
    WHERE high IS NOT NULL
    WITH asset, i, low, legs[low..high] AS legs, sums[high] - sums[low] AS sum
    WITH *, reduce(first = legs[0][0].ts, leg IN legs | CASE WHEN leg[0].ts < first THEN leg[0].ts
      ELSE first END) AS start
    CALL (c, legs, start, span) {
      UNWIND [[leg IN legs | leg[1]]] AS pool
      CALL (c, pool, start, span) {
        UNWIND pool AS m
        MATCH (m)-[t:TRANSFER]-(o)
        WHERE (o = c OR o IN pool) AND t.ts >= start AND t.ts <= start + span AND t.ledger >= 0
          AND t.kind <> 'fee'
        RETURN max(t.ts) AS latest
      }
      UNWIND pool AS m
      CALL (c, m, pool, start, latest) {
        MATCH (m)-[t:TRANSFER]-(o)
        WHERE t.ts >= start AND t.ts <= latest AND t.ledger >= 0 AND t.kind <> 'fee'
        RETURN count(t) AS total, count(CASE WHEN o = c OR o IN pool THEN t END) AS inside
      }
      WITH m WHERE total >= $min_transfers AND inside >= $min_inside * total
      WITH collect(m) AS pool
      CALL (c, pool, start, span) {
        UNWIND pool AS m
        MATCH (m)-[t:TRANSFER]-(o)
        WHERE (o = c OR o IN pool) AND t.ts >= start AND t.ts <= start + span AND t.ledger >= 0
          AND t.kind <> 'fee'
        RETURN max(t.ts) AS latest
      }
      UNWIND pool AS m
      CALL (c, m, pool, start, latest) {
        MATCH (m)-[t:TRANSFER]-(o)
        WHERE t.ts >= start AND t.ts <= latest AND t.ledger >= 0 AND t.kind <> 'fee'
        RETURN count(t) AS total, count(CASE WHEN o = c OR o IN pool THEN t END) AS inside
      }
      WITH m WHERE total >= $min_transfers AND inside >= $min_inside * total
      WITH collect(m) AS pool
      CALL (c, pool, start, span) {
        UNWIND pool AS m
        MATCH (m)-[t:TRANSFER]-(o)
        WHERE (o = c OR o IN pool) AND t.ts >= start AND t.ts <= start + span AND t.ledger >= 0
          AND t.kind <> 'fee'
        RETURN max(t.ts) AS latest
      }
      UNWIND pool AS m
      CALL (c, m, pool, start, latest) {
        MATCH (m)-[t:TRANSFER]-(o)
        WHERE t.ts >= start AND t.ts <= latest AND t.ledger >= 0 AND t.kind <> 'fee'
        RETURN count(t) AS total, count(CASE WHEN o = c OR o IN pool THEN t END) AS inside
      }
      WITH collect(m) AS pool, sum(inside) / (sum(total) + 0.0) AS share,
           count(CASE WHEN total < $min_transfers OR inside < $min_inside * total THEN m END) AS odd
      WHERE odd = 0 AND size(pool) >= $min_members
      RETURN pool, share
    }
    WITH asset, start, legs, pool, share ORDER BY size(pool) DESC, start, pool[0].id
    WITH collect([asset, start, pool, share,
      [leg IN legs WHERE leg[1] IN pool | leg[0].amount]]) AS clusters
    UNWIND reduce(taken = [], x IN clusters | CASE
      WHEN none(y IN taken WHERE any(m IN x[2] WHERE m IN y[2])) THEN taken + [x] ELSE taken END)
      AS x
    WITH x ORDER BY x[1], x[2][0].id
    WITH collect(x) AS found
    UNWIND found[..$max_per_account] AS x
    CALL (x) { UNWIND x[4] AS amount RETURN stDevP(amount) / avg(amount) AS cv }
    RETURN x[0] AS asset, x[1] AS start, x[1] + span AS end, x[2] AS pool, x[3] AS share, cv,
           size(found[$max_per_account..]) AS cut
  }
  RETURN asset, start, end, [c] AS heads, pool, share, cv, cut
  UNION ALL
  WITH * WHERE $variant = 'static'
  WITH since, until, hubs, 'ledgergraph-' + randomUUID() AS name
  MATCH (a:Account) WHERE NOT a IN hubs AND ($network IS NULL OR a.network = $network)
  CALL (a, since, until, hubs) {
    MATCH (a)-[t:TRANSFER]-(x)
    WHERE x <> a AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND NOT x IN hubs
      AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    WITH DISTINCT x ORDER BY COUNT { (x)-[:TRANSFER]-() }, x.id
    RETURN collect(x) AS near
  }
  WITH * WHERE size(near) >= 2
  CALL (a, near, since, until, hubs) {
    // Who shares enough with a shares one of its rarest counterparties, so only theirs are tried.
    UNWIND near[..size(near) - toInteger(ceil($min_jaccard * size(near))) + 1] AS x
    MATCH (x)-[t:TRANSFER]-(b)
    WHERE b <> a AND b <> x AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND NOT b IN hubs
      AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    WITH DISTINCT b, near, size(near) AS own, since, until, hubs
    CALL (b, near, since, until, hubs) {
      MATCH (b)-[t:TRANSFER]-(x)
      WHERE x <> b AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND NOT x IN hubs
        AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
      RETURN count(DISTINCT x) AS other, count(DISTINCT CASE WHEN x IN near THEN x END) AS shared
    }
    WITH b, shared * 1.0 / (own + other - shared) AS jaccard
    WHERE other >= 2 AND jaccard >= $min_jaccard
    RETURN b ORDER BY jaccard DESC, b.id LIMIT 15
  }
  WITH DISTINCT since, until, name, CASE WHEN a.id < b.id THEN [a, b] ELSE [b, a] END AS pair
  WITH *, pair[0] AS a, pair[1] AS b
  CALL (a, b, since, until) {
    UNWIND [a, b] AS m
    MATCH (m)-[t:TRANSFER]-(o)
    WHERE o <> m AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    WITH m, t.ts / 3600000 % 24 AS hour, count(t) AS n
    WITH m, collect([hour, n]) AS hours
    WITH [h IN range(0, 23) | reduce(sum = 0.0, x IN hours | sum
      + CASE x[0] WHEN h THEN x[1] ELSE 0 END)] AS hours
    RETURN collect(hours) AS hours
  }
  WITH since, until, name, a, b, hours
  WHERE gds.similarity.cosine(hours[0], hours[1]) >= $min_cosine
  WITH since, until, name, gds.graph.project(name, a, b) AS projected
  CALL (name) {
    CALL gds.wcc.stream(name, {minComponentSize: $min_members})
    YIELD nodeId, componentId
    WITH componentId, gds.util.asNode(nodeId) AS a ORDER BY a.id
    WITH componentId, collect(a) AS pool
    RETURN collect(pool) AS pools
  }
  CALL (name) { CALL gds.graph.drop(name) YIELD graphName RETURN count(*) AS dropped }
  UNWIND pools AS pool
  CALL (pool, since, until, hubs) {
    UNWIND pool AS m
    MATCH (m)-[t:TRANSFER]-(o)
    WHERE o <> m AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND NOT o IN pool AND NOT o IN hubs
      AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    WITH pool, o, count(DISTINCT m) AS shared WHERE shared * 2 >= size(pool)
    WITH o ORDER BY o.id
    RETURN collect(o) AS heads
  }
  RETURN $asset AS asset, since AS start, until - 1 AS end, heads, pool, null AS share, null AS cv,
         0 AS cut
}
CALL (asset, start, end, heads, pool) {
  UNWIND pool AS m
  MATCH (m)-[t:TRANSFER]-(o)
  WHERE o <> m AND (o IN heads OR o IN pool) AND t.ts >= start AND t.ts <= end AND t.ledger >= 0
    AND t.kind <> 'fee'
  WITH DISTINCT t ORDER BY t.ts, t.ledger, t.ord, t.id
  RETURN collect(t) AS inner
}
WITH * WHERE inner <> []
WITH [h IN heads | h.id] AS heads,
     COLLECT { UNWIND pool AS m RETURN m.id ORDER BY m.id } AS members, inner,
     coalesce(asset, inner[0].asset) AS asset, share, cv, cut
ORDER BY heads[0], members[0], inner[0].ts
WITH collect([heads, members, inner, asset, share, cv, cut]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
RETURN k[0] + k[1] AS accounts, [h IN k[0] | 'controller'] + [m IN k[1] | 'member'] AS roles,
       [t IN k[2] | t.id] AS transfers,
       reduce(sum = 0.0, t IN k[2] | sum + coalesce(t.amount, 0.0)) AS volume,
       k[2][0].timestamp AS started, k[2][-1].timestamp AS ended, k[3] AS asset,
       $variant AS variant, k[6] + beyond > 0 AS truncated, k[6] + beyond AS cut,
       size(k[1]) AS members, k[5] AS cv, k[4] AS inside
