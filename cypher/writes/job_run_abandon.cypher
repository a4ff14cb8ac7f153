// Records as failed a run whose process is gone, or whose lease went to another.
//
// mode    write
// param   id: str
// param   error: str
MATCH (r:JobRun {id: $id})
WHERE r.state = 'writing'
SET r.state = 'failed', r.finished = datetime(), r.error = $error
