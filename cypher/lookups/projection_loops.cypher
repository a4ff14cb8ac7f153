// Whether some account of a network has a FLOW to itself.
//
// mode    read
// param   network: str
// return  loops: bool
RETURN EXISTS {
  MATCH (a:Account)-[:FLOW]->(a) WHERE a.id >= $network + ':' AND a.id < $network + ';'
} AS loops
