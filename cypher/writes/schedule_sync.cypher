// Writes an entry of the schedule; what the graph knows of it stays while its rule is the same.
//
// mode    write
// param   name: str
// param   trigger: str
// param   next: datetime
// param   enabled: bool
// param   jobs: list[str]
// param   network: str = null
// param   window: str = null
// param   time_limit_seconds: float = null
// param   catch_up_seconds: float
// param   attempts: int
MERGE (j:Job {name: $name})
ON CREATE SET j.enabled = $enabled
SET j.locked = true
REMOVE j.locked
WITH j, j.trigger = $trigger AND j.next IS NOT NULL AS known
SET j.next = CASE WHEN known THEN j.next ELSE $next END,
    j.trigger = $trigger, j.jobs = $jobs, j.network = $network, j.window = $window,
    j.time_limit_seconds = $time_limit_seconds, j.catch_up_seconds = $catch_up_seconds,
    j.attempts = $attempts
