// Writes a batch of scores of a run as score_run_rows does, but those that it already holds.
//
// For a batch whose first try committed nobody knows what, and for accounts without numbers.
//
// mode    write
// param   run: str
// param   accounts: list[str]
// param   values: list[float]
// param   percentiles: list[float]
// param   bands: list[str]
// param   reasons: list[list]
MATCH (r:ScoreRun {id: $run, state: 'writing'})
UNWIND range(0, size($accounts) - 1) AS i
CALL (r, i) {
  MATCH (a:Account {id: $accounts[i]})
  WHERE NOT EXISTS { (a)-[:SCORED {run: $run}]->(r) }
  CREATE (a)-[:SCORED {
    run: $run, value: $values[i], percentile: $percentiles[i], band: $bands[i],
    reasons: $reasons[i]
  }]->(r)
} IN 2 CONCURRENT TRANSACTIONS OF 2500 ROWS
