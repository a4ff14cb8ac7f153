// Communities within which many deal with many, mostly in small amounts.
//
// Leiden (GDS) finds the communities of the undirected graph of who dealt with whom in an asset,
// weighted by the sums of their amounts both ways, infrastructure, pseudo accounts and hubs left
// out; the same seed gives the same communities. One counts with min_size to max_size accounts, a
// directed density (ordered pairs that pay, by n(n - 1)) above min_density and a share of single
// transfers inside below `threshold` above min_small: in US dollars where `prices` (by asset, then by
// days since 1970-01-01) names the asset, a day without price is not below; else in its whole units.
// hub: the floor(n / 5), at least one, with the most counterparties inside, on ties the smaller
// ids. sink: the account outside that at least half of what leaves the community goes to, or null.
// transfers: all those inside. accounts: hubs, then participants, each sorted.
// A hub of the stop list has more than hub_degree counterparties in the range, or, where a network
// has 10,000 accounts, at least 50 and more than the hub_percentile; null is no limit.
// cut: instances beyond limit.
//
// mode    read
// param   variant: str = static
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_size: int = 5
// param   max_size: int = 50
// param   min_density: float = 0.3
// param   threshold: float = 10000
// param   prices: map = null
// param   min_small: float = 0.7
// param   seed: int = 42
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
// return  cut: int, size: int, density: float, small_share: float, sink: str
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
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
CALL (since, until, hubs) {
  MATCH (a:Account)-[t:TRANSFER]->(b:Account)
  WHERE t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND ($network IS NULL OR a.network = $network)
    AND $variant = 'static'
  RETURN DISTINCT t.asset AS asset
}
CALL (asset, since, until, hubs) {
  WITH *, 'ledgergraph-' + randomUUID() AS name
  MATCH (a:Account)-[t:TRANSFER]->(b:Account)
  WHERE t.asset = asset AND a <> b AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount AND NOT a IN hubs AND NOT b IN hubs
  WITH name, CASE WHEN a.id < b.id THEN a ELSE b END AS x,
       CASE WHEN a.id < b.id THEN b ELSE a END AS y, sum(t.amount) AS amount
  // Where no pair weighs anything nothing merges, and GDS 2.13.9 fails; else some pair always does.
  WITH name, x, y, amount ORDER BY x.id, y.id WHERE amount > 0
  WITH name, gds.graph.project(name, x, y, {relationshipProperties: {amount: amount}},
    {undirectedRelationshipTypes: ['*']}) AS projected
  CALL (name) {
    CALL gds.leiden.stream(name, {relationshipWeightProperty: 'amount', randomSeed: $seed,
      concurrency: 1})
    YIELD nodeId, communityId
    WITH communityId, collect(gds.util.asNode(nodeId)) AS members
    WHERE size(members) >= $min_size AND size(members) <= $max_size
    RETURN collect(members) AS groups
  }
  CALL (name) { CALL gds.graph.drop(name) YIELD graphName RETURN count(*) AS dropped }
  UNWIND groups AS members
  RETURN members
}
CALL (asset, members, since, until) {
  UNWIND members AS a
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE b IN members AND a <> b AND t.asset = asset AND t.ts >= since AND t.ts < until
    AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
  WITH t, a, b ORDER BY t.ts, t.ledger, t.ord, t.id
  RETURN collect(t) AS inner, count(DISTINCT [a, b]) AS pairs,
         sum(CASE WHEN CASE WHEN $prices[asset] IS NULL THEN t.amount
           ELSE t.amount * $prices[asset][toString(t.ts / 86400000)] END < $threshold THEN 1.0
           ELSE 0.0 END) / count(t) AS small
}
WITH *, size(members) AS n
WITH *, pairs * 1.0 / (n * (n - 1)) AS density
WHERE density > $min_density AND small > $min_small
CALL (asset, members, since, until) {
  UNWIND members AS a
  MATCH (a)-[t:TRANSFER]-(b)
  WHERE b IN members AND a <> b AND t.asset = asset AND t.ts >= since AND t.ts < until
    AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
  WITH a.id AS id, count(DISTINCT b) AS degree ORDER BY degree DESC, id
  RETURN collect(id) AS ranked
}
CALL (asset, members, since, until) {
  UNWIND members AS a
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE NOT b IN members AND t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee'
    AND coalesce(t.amount, 0) >= $min_amount
  WITH b.id AS id, sum(t.amount) AS amount ORDER BY amount DESC, id
  WITH collect([id, amount]) AS flows
  RETURN head([f IN flows[..1] WHERE 2 * f[1] >= reduce(s = 0.0, g IN flows | s + g[1]) | f[0]])
    AS sink
}
WITH *, ranked[..CASE WHEN n < 10 THEN 1 ELSE n / 5 END] AS centers
WITH *, COLLECT { UNWIND centers AS id RETURN id ORDER BY id } AS heads,
     COLLECT { UNWIND members AS m WITH m.id AS id WHERE NOT id IN centers RETURN id ORDER BY id }
       AS others
ORDER BY heads[0], asset, others[0]
WITH collect([heads, others, inner, asset, n, density, small, sink]) AS found
WITH found, size(found[$limit..]) AS cut
UNWIND found[..$limit] AS k
RETURN k[0] + k[1] AS accounts, [h IN k[0] | 'hub'] + [m IN k[1] | 'participant'] AS roles,
       [t IN k[2] | t.id] AS transfers,
       reduce(sum = 0.0, t IN k[2] | sum + coalesce(t.amount, 0.0)) AS volume,
       k[2][0].timestamp AS started, k[2][-1].timestamp AS ended, k[3] AS asset,
       $variant AS variant, cut > 0 AS truncated, cut AS cut, k[4] AS size, k[5] AS density,
       k[6] AS small_share, k[7] AS sink
