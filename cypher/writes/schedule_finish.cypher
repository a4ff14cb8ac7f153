// Records how the run of an entry ended.
//
// mode    write
// param   name: str
// param   due: datetime
// param   state: str
// param   error: str = null
MATCH (j:Job {name: $name})
SET j.last = $due, j.last_state = $state, j.last_error = $error, j.last_begun = j.begun,
    j.last_finished = datetime(),
    j.last_success = CASE WHEN $state = 'failed' THEN j.last_success ELSE datetime() END
REMOVE j.due, j.attempt, j.begun
