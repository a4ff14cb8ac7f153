// Runs of a model, newest first, with their place in the chain.
//
// mode    read
// param   model: str
// return  run: str, state: str, finished: datetime, hash: str, accounts: int
MATCH (r:ScoreRun {model: $model})
RETURN r.id AS run, r.state AS state, r.finished AS finished, r.hash AS hash, r.accounts AS accounts
ORDER BY coalesce(r.finished, r.started) DESC, run DESC
