// Grants a locked lease that is free or expired; the token rises with every grant.
//
// The same `grant` is granted once: a commit whose answer was lost may be tried again.
//
// mode    write
// param   name: str
// param   owner: str
// param   grant: str
// param   seconds: float
// return  token: int
MATCH (l:Lease {name: $name})
WHERE l.until IS NULL OR l.until <= datetime() OR l.grant = $grant
SET l.token = CASE WHEN l.grant = $grant THEN l.token ELSE l.token + 1 END,
    l.grant = $grant, l.owner = $owner,
    l.until = datetime() + duration({milliseconds: toInteger(1000 * $seconds)})
RETURN l.token AS token
