// Gives a lease back, if it is still the holder's; the token stays, so that the next one is higher.
//
// mode    write
// param   name: str
// param   token: int
MATCH (l:Lease {name: $name})
SET l.locked = true
REMOVE l.locked
WITH l WHERE l.token = $token
REMOVE l.owner, l.grant, l.until
