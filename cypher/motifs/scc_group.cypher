// Groups of accounts that all reach each other and keep much of their money among themselves.
//
// Strongly connected components of FLOW, one asset at a time, without infrastructure, pseudo
// accounts and hubs: more than hub_degree counterparties, or of 10,000 accounts those with 50
// counterparties above hub_percentile. Of min_size to max_size members, with at least min_inside of
// the volume that they send or receive staying inside. FLOW must be fresh; with since or until each
// pair needs a transfer inside. density = m / (n (n - 1)), m ordered pairs of different members.
// transfers: up to 10 a pair, the 5 earliest, then the largest. cut: null where limit left some
// out.
//
// mode    read
// param   variant: str = static
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_size: int = 3
// param   max_size: int = 50
// param   min_inside: float = 0.3
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  size: int, density: float, inside_share: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
WHERE $variant = 'static'
CALL (since, until) {
  MATCH (h:Account)
  WHERE $network IS NULL OR h.network = $network
  WITH h.network AS network, collect(h) AS every, since, until
  CALL (every, since, until) {
    UNWIND every AS h
    WITH h, since, until, coalesce(h.is_infra, false) OR h.kind IN ['pseudo', 'coinbase'] AS out
    WHERE out OR COUNT { (h)-[:TRANSFER]-() } > $hub_degree
      OR $hub_percentile IS NOT NULL AND COUNT { (h)-[:TRANSFER]-() } >= 50
    CALL (h, since, until) {
      MATCH (h)-[t:TRANSFER]-(o)
      WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
      RETURN count(DISTINCT o) AS degree
    }
    WITH h, degree, out ORDER BY degree DESC
    RETURN collect([h, degree, out]) AS ranked
  }
  WITH ranked, CASE WHEN size(every) >= 10000 THEN
    coalesce(ranked[size(every) - toInteger(ceil($hub_percentile * size(every)))][1], 0) END AS mark
  UNWIND ranked AS r
  WITH r WHERE r[2] OR r[1] > $hub_degree OR r[1] >= 50 AND r[1] > mark
  RETURN collect(r[0]) AS hubs
}
MATCH (s:Asset)
WHERE ($asset IS NULL OR s.id = $asset) AND ($network IS NULL OR s.network = $network)
WITH since, until, hubs, s.network AS network, s.id AS asset,
     'ledgergraph-scc-' + randomUUID() AS name
CALL (since, until, hubs, network, asset, name) {
  MATCH (a:Account)-[f:FLOW]->(b)
  WHERE a.id >= network + ':' AND a.id < network + ';' AND f.asset = asset AND a <> b
    AND NOT a IN hubs AND NOT b IN hubs
    AND ($since IS NULL AND $until IS NULL OR EXISTS {
      MATCH (a)-[t:TRANSFER]->(b)
      WHERE t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
        AND t.kind <> 'fee'
    })
  WITH name, gds.graph.project(name, a, b) AS projection
  WITH name, projection WHERE projection IS NOT NULL
  CALL gds.scc.stream(name) YIELD nodeId, componentId
  WITH componentId, collect(gds.util.asNode(nodeId)) AS members
  WHERE $min_size <= size(members) <= $max_size
  RETURN collect(members) AS groups
}
CALL (name, groups) {
  CALL gds.graph.drop(name, false) YIELD graphName
  RETURN count(graphName) AS dropped
}
UNWIND groups AS members
CALL (members, asset, since, until) {
  UNWIND members AS a
  MATCH (a)-[f:FLOW]-(b)
  WHERE f.asset = asset AND a <> b AND (startNode(f) = a OR NOT b IN members)
    AND ($since IS NULL OR f.last_timestamp >= $since)
    AND ($until IS NULL OR f.first_timestamp < $until)
  WITH f, b IN members AS inside
  RETURN sum(CASE WHEN inside THEN f.amount END) AS volume, sum(f.amount) AS moved,
         collect(CASE WHEN inside THEN f END) AS pairs
}
WITH * WHERE moved > 0 AND volume >= $min_inside * moved
WITH *, COLLECT { UNWIND members AS m RETURN m.id ORDER BY m.id } AS accounts
ORDER BY accounts, asset LIMIT $limit + 1
WITH since, until, collect({accounts: accounts, asset: asset, pairs: pairs, volume: volume,
  share: volume / moved}) AS kept
WITH since, until, kept, size(kept) > $limit AS more
UNWIND kept[..$limit] AS row
CALL (row, since, until) {
  UNWIND row.pairs AS pair
  WITH pair, startNode(pair) AS x, endNode(pair) AS y, row, since, until
  ORDER BY x.id, y.id
  WITH COLLECT {
    MATCH (x)-[t:TRANSFER]->(y)
    WHERE t.asset = row.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
    RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id
  } AS all
  WITH all, COLLECT { UNWIND all[5..] AS t RETURN t.id ORDER BY t.amount DESC, t.id LIMIT 5 }
    AS largest
  WITH all[..5] + [t IN all[5..] WHERE t.id IN largest] AS chosen
  UNWIND chosen AS t
  WITH t ORDER BY t.ts, t.ledger, t.ord, t.id
  RETURN collect(t.id) AS ids
}
WITH row, more, ids, size(row.accounts) AS n
RETURN row.accounts AS accounts, [a IN row.accounts | 'member'] AS roles, ids AS transfers,
       row.volume AS volume,
       reduce(m = row.pairs[0].first_timestamp, f IN row.pairs |
         CASE WHEN f.first_timestamp < m THEN f.first_timestamp ELSE m END) AS started,
       reduce(m = row.pairs[0].last_timestamp, f IN row.pairs |
         CASE WHEN f.last_timestamp > m THEN f.last_timestamp ELSE m END) AS ended,
       row.asset AS asset, $variant AS variant, more AS truncated,
       CASE WHEN more THEN null ELSE 0 END AS cut, n AS size,
       toFloat(size(row.pairs)) / (n * (n - 1)) AS density, row.share AS inside_share
ORDER BY accounts, asset
