// Derives FLOW anew between the given pairs of accounts, if the run still owns the network.
//
// The same as flows_derive does for whole accounts, and to the bit.
//
// mode    write
// param   network: str
// param   run: str
// param   sources: list[str]
// param   targets: list[str]
// return  owned: bool, flows: int
MATCH (c:Checkpoint {network: $network})
SET c.flow_lock = true
REMOVE c.flow_lock
WITH c WHERE c.flow_run = $run
UNWIND range(0, size($sources) - 1) AS place
MATCH (a:Account {id: $sources[place]})
MATCH (b:Account {id: $targets[place]})
CALL (a, b) {
  MATCH (a)-[old:FLOW]->(b)
  DELETE old
}
CALL (a, b) {
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE t.kind <> 'fee' AND coalesce(t.ledger, -1) >= 0
  WITH t.asset AS asset, t.amount AS amount, t.timestamp AS timestamp ORDER BY amount
  WITH asset, count(*) AS count, sum(amount) AS amount, count(amount) AS known,
       min(timestamp) AS first, max(timestamp) AS last
  CREATE (a)-[:FLOW {
    asset: asset, count: count, amount: CASE WHEN known = count THEN amount END,
    first_timestamp: first, last_timestamp: last
  }]->(b)
  RETURN count(*) AS created
}
RETURN true AS owned, sum(created) AS flows
