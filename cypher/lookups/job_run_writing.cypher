// Runs that have not ended, with whose they are, whether they are past their time limit, and
// whether they have a lease and still hold it.
//
// mode    read
// return  id: str, job: str, owner: str, overdue: bool, leased: bool, held: bool
MATCH (r:JobRun {state: 'writing'})
OPTIONAL MATCH (l:Lease {name: r.lease})
RETURN r.id AS id, r.job AS job, r.lease_owner AS owner,
       r.started + duration({milliseconds: toInteger(1000 * r.limit_seconds)}) < datetime()
         AS overdue,
       r.token IS NOT NULL AS leased,
       coalesce(l.token = r.token AND l.until > datetime(), false) AS held
ORDER BY id
