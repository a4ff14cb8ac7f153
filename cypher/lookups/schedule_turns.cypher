// Where the entries of the schedule stand, the next due first.
//
// mode    read
// param   name: str = null
// return  name: str, next: datetime, due: datetime, attempt: int, held: bool, enabled: bool,
// return  asked: datetime
MATCH (j:Job)
WHERE $name IS NULL OR j.name = $name
OPTIONAL MATCH (l:Lease {name: 'schedule|' + j.name})
RETURN j.name AS name, j.next AS next, j.due AS due, coalesce(j.attempt, 0) AS attempt,
       coalesce(l.until > datetime(), false) AS held, j.enabled AS enabled, j.asked AS asked
ORDER BY next, name
