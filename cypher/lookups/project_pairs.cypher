// Projects pairs of accounts into GDS, both ways.
//
// mode    read
// param   name: str
// param   sources: list[str]
// param   targets: list[str]
// return  projection: map
UNWIND range(0, size($sources) - 1) AS i
MATCH (a:Account {id: $sources[i]})
MATCH (b:Account {id: $targets[i]})
RETURN gds.graph.project($name, a, b, {}, {undirectedRelationshipTypes: ['*']}) AS projection
