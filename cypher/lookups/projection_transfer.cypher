// Projects the transfers of a network in `[since, until)` into GDS, one relationship per pair.
//
// Only accounts with a transfer in the range take part. Other parameters as in projection_flow.
// Ordered, so that a seed gives the same values again after transfers outside the range came.
//
// mode    read
// param   name: str
// param   network: str
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   weight: str = null
// param   undirected: bool = false
// return  projection: map
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH a ORDER BY a.id
CALL (a) {
  CALL (a) {
    MATCH (a)-[t:TRANSFER]->(b)
    RETURN b, t
    UNION ALL
    MATCH (a)<-[t:TRANSFER]-(b)
    WHERE $undirected AND a <> b
    RETURN b, t
  }
  WITH b, t
  WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
    AND ($since IS NULL OR t.ts >= $since.epochMillis)
    AND ($until IS NULL OR t.ts < $until.epochMillis)
  WITH b, CASE $weight WHEN 'count' THEN count(t) WHEN 'amount' THEN sum(t.amount)
          ELSE 1 END AS weight
  RETURN b, toFloat(weight) AS weight ORDER BY b.id
}
RETURN gds.graph.project($name, a, b, {relationshipProperties: {weight: weight}}) AS projection
