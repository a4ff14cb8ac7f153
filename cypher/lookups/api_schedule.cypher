// The entries of the schedule, by name.
//
// mode    read
// param   name: str = null
// return  name: str, trigger: str, jobs: list[str], network: str, window: str,
// return  time_limit_seconds: float, catch_up_seconds: float, attempts: int, enabled: bool,
// return  next: datetime, asked: datetime, due: datetime, attempt: int, owner: str,
// return  last: datetime, last_state: str, last_error: str, last_begun: datetime,
// return  last_finished: datetime, last_success: datetime
MATCH (j:Job)
WHERE $name IS NULL OR j.name = $name
OPTIONAL MATCH (l:Lease {name: 'schedule|' + j.name})
RETURN j.name AS name, j.trigger AS trigger, j.jobs AS jobs, j.network AS network,
       j.window AS window, j.time_limit_seconds AS time_limit_seconds,
       j.catch_up_seconds AS catch_up_seconds, j.attempts AS attempts, j.enabled AS enabled,
       j.next AS next, j.asked AS asked, j.due AS due, j.attempt AS attempt,
       CASE WHEN l.until > datetime() THEN l.owner END AS owner,
       j.last AS last, j.last_state AS last_state, j.last_error AS last_error,
       j.last_begun AS last_begun, j.last_finished AS last_finished,
       j.last_success AS last_success
ORDER BY name
