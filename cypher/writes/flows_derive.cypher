// Derives FLOW anew for the accounts of one range of ids, if the run still owns the network.
//
// Locks the Checkpoint first, so that neither a load nor another run changes the range meanwhile.
// coalesce() keeps the planner, who may still know an empty graph, from reading the whole index of
// ledgers once for every account. Amounts are summed in their own order, so that the order of
// loading changes no bit of a sum.
//
// mode    write
// param   network: str
// param   run: str
// param   first: str
// param   last: str
// return  owned: bool, flows: int
MATCH (c:Checkpoint {network: $network})
SET c.flow_lock = true
REMOVE c.flow_lock
WITH c WHERE c.flow_run = $run
MATCH (a:Account) USING INDEX a:Account(id)
WHERE a.id >= $first AND a.id <= $last
CALL (a) {
  MATCH (a)-[old:FLOW]->()
  DELETE old
}
CALL (a) {
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE t.kind <> 'fee' AND coalesce(t.ledger, -1) >= 0
  WITH b, t.asset AS asset, t.amount AS amount, t.timestamp AS timestamp ORDER BY amount
  WITH b, asset, count(*) AS count, sum(amount) AS amount, count(amount) AS known,
       min(timestamp) AS first, max(timestamp) AS last
  CREATE (a)-[:FLOW {
    asset: asset, count: count, amount: CASE WHEN known = count THEN amount END,
    first_timestamp: first, last_timestamp: last
  }]->(b)
  RETURN count(*) AS created
}
RETURN true AS owned, sum(created) AS flows
