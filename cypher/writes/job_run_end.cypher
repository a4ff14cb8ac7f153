// Records how a job ended, unless its end is recorded or its lease has gone to another.
//
// Told the same end twice it says yes again: the first answer may have been lost.
//
// mode    write
// param   id: str
// param   state: str
// param   rows_in: int = null
// param   rows_out: int = null
// param   seconds: float
// param   error: str = null
// param   results: str = null
// return  id: str
MATCH (r:JobRun {id: $id})
OPTIONAL MATCH (l:Lease {name: r.lease})
SET l.locked = true
REMOVE l.locked
WITH r, l
WHERE (r.state = 'writing' AND (r.token IS NULL OR l.token = r.token))
   OR (r.state = $state AND r.seconds = $seconds)
SET r.state = $state, r.finished = datetime(), r.rows_in = $rows_in, r.rows_out = $rows_out,
    r.seconds = $seconds, r.error = $error, r.results = $results
RETURN r.id AS id
