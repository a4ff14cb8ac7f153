// Leases that somebody holds, or held until they expired.
//
// mode    read
// param   name: str = null
// return  name: str, owner: str, token: int, until: datetime, expired: bool
MATCH (l:Lease)
WHERE l.owner IS NOT NULL AND ($name IS NULL OR l.name = $name)
RETURN l.name AS name, l.owner AS owner, l.token AS token, l.until AS until,
       l.until <= datetime() AS expired
ORDER BY name
