// Writes a batch of scores of a run that is being written; columns, not maps.
//
// `numbers` are the database's for the accounts, which saves a look into the index for each; a
// number that has become another node's writes nothing. Nobody sees the run before it is sealed,
// so the batch may be cut into transactions, two at a time.
//
// mode    write
// param   run: str
// param   numbers: list[int]
// param   accounts: list[str]
// param   values: list[float]
// param   percentiles: list[float]
// param   bands: list[str]
// param   reasons: list[list]
MATCH (r:ScoreRun {id: $run, state: 'writing'})
UNWIND range(0, size($accounts) - 1) AS i
CALL (r, i) {
  MATCH (a) WHERE id(a) = $numbers[i] AND a.id = $accounts[i]
  CREATE (a)-[:SCORED {
    run: $run, value: $values[i], percentile: $percentiles[i], band: $bands[i],
    reasons: $reasons[i]
  }]->(r)
} IN 2 CONCURRENT TRANSACTIONS OF 2500 ROWS
