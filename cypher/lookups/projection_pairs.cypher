// Projects a network's pairs of accounts with FLOW into GDS, each once, without direction or
// weight.
//
// No account is paired with itself; of an asset only accounts that moved it. The same as projection_simple without weight, two to four times
// faster.
//
// mode    read
// param   name: str
// param   network: str
// param   asset: str = null
// return  projection: map
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND ($asset IS NULL OR EXISTS { (a)-[f:FLOW]-() WHERE f.asset = $asset })
OPTIONAL MATCH (a)-[f:FLOW]-(b)
WHERE id(a) < id(b) AND ($asset IS NULL OR f.asset = $asset)
WITH DISTINCT a, b
RETURN gds.graph.project($name, a, b, {}, {undirectedRelationshipTypes: ['*']}) AS projection
