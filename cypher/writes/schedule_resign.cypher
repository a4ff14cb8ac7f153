// Leaves the run of an entry to the next scheduler, as though this attempt had not been.
//
// mode    write
// param   name: str
// param   due: datetime
MATCH (j:Job {name: $name})
WHERE j.due = $due
SET j.attempt = j.attempt - 1
