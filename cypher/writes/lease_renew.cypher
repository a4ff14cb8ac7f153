// Prolongs a lease that is still the holder's; returns nothing where it is another's.
//
// mode    write
// param   name: str
// param   token: int
// param   seconds: float
// return  token: int
MATCH (l:Lease {name: $name})
SET l.locked = true
REMOVE l.locked
WITH l WHERE l.token = $token AND l.owner IS NOT NULL
SET l.until = datetime.realtime() + duration({milliseconds: toInteger(1000 * $seconds)})
RETURN l.token AS token
