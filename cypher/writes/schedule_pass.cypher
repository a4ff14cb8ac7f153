// Lets a fire time of an entry go by, or gives up the run that was cut short.
//
// mode    write
// param   name: str
// param   next: datetime
// param   give_up: bool
MATCH (j:Job {name: $name})
SET j.next = $next, j.due = CASE WHEN $give_up THEN null ELSE j.due END,
    j.attempt = CASE WHEN $give_up THEN null ELSE j.attempt END
