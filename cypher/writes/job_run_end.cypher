// Records how a job ended, unless its end is already recorded.
//
// mode    write
// param   id: str
// param   state: str
// param   rows_out: int = null
// param   seconds: float
// param   error: str = null
// param   results: str = null
MATCH (r:JobRun {id: $id})
WHERE r.state = 'writing'
SET r.state = $state, r.finished = datetime(), r.rows_out = $rows_out, r.seconds = $seconds,
    r.error = $error, r.results = $results
