// Locks a lease until the transaction ends and tells whether the token is still its newest.
//
// mode    write
// param   name: str
// param   token: int
// return  valid: bool
MATCH (l:Lease {name: $name})
SET l.locked = true
REMOVE l.locked
RETURN l.token = $token AS valid
