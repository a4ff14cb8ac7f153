// Marks a run that did not reach its seal as failed, with the reason.
//
// mode    write
// param   run: str
// param   error: str
MATCH (r:ScoreRun {id: $run, state: 'writing'})
SET r.state = 'failed', r.error = $error, r.finished = datetime()
