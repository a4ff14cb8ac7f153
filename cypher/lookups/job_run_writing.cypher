// Runs that have not ended, with whose they are and whether they are past their time limit.
//
// mode    read
// return  id: str, job: str, owner: str, overdue: bool
MATCH (r:JobRun {state: 'writing'})
RETURN r.id AS id, r.job AS job, r.owner AS owner,
       r.started + duration({milliseconds: toInteger(1000 * r.limit_seconds)}) < datetime()
         AS overdue
ORDER BY id
