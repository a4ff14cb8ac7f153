// Projects a network's accounts and its FLOW into GDS, one relationship per pair of accounts.
//
// With `undirected` every relationship is projected both ways. `weight` names the property of FLOW
// that is summed over assets; null gives every pair the weight 1. Of an asset only accounts that
// moved it are projected.
//
// mode    read
// param   name: str
// param   network: str
// param   asset: str = null
// param   weight: str = null
// param   undirected: bool = false
// return  projection: map
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND ($asset IS NULL OR EXISTS { (a)-[f:FLOW]-() WHERE f.asset = $asset })
OPTIONAL CALL (a) {
  CALL (a) {
    MATCH (a)-[f:FLOW]->(b)
    RETURN b, f
    UNION ALL
    MATCH (a)<-[f:FLOW]-(b)
    WHERE $undirected AND a <> b
    RETURN b, f
  }
  WITH b, f WHERE $asset IS NULL OR f.asset = $asset
  WITH b, CASE $weight WHEN 'count' THEN sum(f.count) WHEN 'amount' THEN sum(f.amount)
          ELSE 1 END AS weight
  RETURN b, toFloat(weight) AS weight
}
RETURN gds.graph.project($name, a, b, {relationshipProperties: {weight: weight}}) AS projection
