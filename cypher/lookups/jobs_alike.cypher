// Which jobs' values on the accounts cover just what a run covers: asset, start and end.
//
// mode    read
// param   run: str
// param   jobs: list[str]
// return  job: str
MATCH (own:JobRun {id: $run})
UNWIND $jobs AS job
CALL (own, job) {
  MATCH (r:JobRun {job: job, network: own.network})
  WHERE r.state <> 'skipped'
  RETURN r ORDER BY r.started DESC LIMIT 1
}
WITH own, job, r
WHERE r.state = 'sealed' AND substring(r.key, size(r.job)) = substring(own.key, size(own.job))
RETURN job ORDER BY job
