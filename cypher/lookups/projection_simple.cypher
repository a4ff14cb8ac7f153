// Projects a network's pairs of accounts into GDS, each once and without direction.
//
// Pairs come from FLOW or, in a range, from transfers of `[since, until)`; no account is paired
// with itself. `weight` sums a property of both directions; null gives every pair the weight 1.
// Ordered as in projection_transfer.
//
// mode    read
// param   name: str
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   weight: str = null
// param   flow: bool
// return  projection: map
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND ($flow AND ($asset IS NULL OR EXISTS { (a)-[f:FLOW]-() WHERE f.asset = $asset }) OR EXISTS {
    MATCH (a)-[t:TRANSFER]-()
    WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
      AND ($since IS NULL OR t.ts >= $since.epochMillis)
      AND ($until IS NULL OR t.ts < $until.epochMillis)
  })
WITH a ORDER BY a.id
OPTIONAL CALL (a) {
  CALL (a) {
    MATCH (a)-[f:FLOW]-(b)
    WHERE $flow AND id(a) < id(b) AND ($asset IS NULL OR f.asset = $asset)
    RETURN b, f.count AS count, f.amount AS amount
    UNION ALL
    MATCH (a)-[t:TRANSFER]-(b)
    WHERE NOT $flow AND id(a) < id(b) AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
      AND ($asset IS NULL OR t.asset = $asset)
      AND ($since IS NULL OR t.ts >= $since.epochMillis)
      AND ($until IS NULL OR t.ts < $until.epochMillis)
    RETURN b, 1 AS count, t.amount AS amount
  }
  WITH b, CASE $weight WHEN 'count' THEN sum(count) WHEN 'amount' THEN sum(amount) ELSE 1 END
    AS weight
  RETURN b, toFloat(weight) AS weight ORDER BY b.id
}
RETURN gds.graph.project($name, a, b, {relationshipProperties: {weight: weight}},
  {undirectedRelationshipTypes: ['*']}) AS projection
