// Writes a batch of scores of a run that is being written; columns, not maps.
//
// Nobody sees the run before it is sealed, so the batch may be cut into transactions, two at a
// time. With `fresh` false an account that already carries a score of the run keeps it, so a batch
// can be sent again.
//
// mode    write
// param   run: str
// param   accounts: list[str]
// param   values: list[float]
// param   percentiles: list[float]
// param   bands: list[str]
// param   reasons: list[list]
// param   fresh: bool = true
// return  written: int
MATCH (r:ScoreRun {id: $run, state: 'writing'})
UNWIND range(0, size($accounts) - 1) AS i
CALL (r, i) {
  MATCH (a:Account {id: $accounts[i]})
  WHERE $fresh OR NOT EXISTS { (a)-[:SCORED {run: $run}]->(r) }
  CREATE (a)-[:SCORED {
    run: $run, value: $values[i], percentile: $percentiles[i], band: $bands[i],
    reasons: $reasons[i]
  }]->(r)
  RETURN a
} IN 2 CONCURRENT TRANSACTIONS OF 2500 ROWS
RETURN count(*) AS written
