// Frees the lease of a holder that is gone and raises the token, so that it can write no more.
//
// mode    write
// param   name: str
// param   token: int
MATCH (l:Lease {name: $name})
SET l.locked = true
REMOVE l.locked
WITH l WHERE l.token = $token AND l.owner IS NOT NULL
SET l.token = l.token + 1
REMOVE l.owner, l.grant, l.until
