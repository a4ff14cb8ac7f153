// Leaves the run of an entry to the next scheduler, as though this attempt had not been.
//
// Nothing where the entry's lease went to another: that one counts its own attempts.
//
// mode    write
// param   name: str
// param   token: int
MATCH (:Lease {name: 'schedule|' + $name, token: $token})
MATCH (j:Job {name: $name})
WHERE j.due IS NOT NULL
SET j.attempt = j.attempt - 1
