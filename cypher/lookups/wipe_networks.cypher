// Networks that the graph knows, by a Checkpoint, an account, an asset or a load.
//
// mode    read
// return  network: str
CALL () {
  MATCH (n:Checkpoint) RETURN n.network AS network
  UNION
  MATCH (n:Account) RETURN DISTINCT n.network AS network
  UNION
  MATCH (n:Asset) RETURN DISTINCT n.network AS network
  UNION
  MATCH (n:LoadBatch) RETURN DISTINCT n.network AS network
}
RETURN DISTINCT network ORDER BY network
