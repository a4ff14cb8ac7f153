// Copies a run's scores onto a batch of accounts as node properties, for Browser and GDS.
//
// The API never reads these copies.
//
// mode    write
// param   run: str
// param   property: str
// param   accounts: list[str]
// param   values: list[float]
UNWIND range(0, size($accounts) - 1) AS i
MATCH (a:Account {id: $accounts[i]})
SET a[$property] = $values[i], a[$property + '_run'] = $run
