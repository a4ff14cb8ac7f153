// Records that the run of an entry for a fire time begins; what was asked for is answered by it.
//
// mode    write
// param   name: str
// param   due: datetime
// param   attempt: int
// param   next: datetime
MATCH (j:Job {name: $name})
SET j.due = $due, j.attempt = $attempt, j.next = $next, j.begun = datetime()
REMOVE j.asked
