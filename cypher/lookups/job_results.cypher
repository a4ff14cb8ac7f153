// What the newest sealed run of a job left as its results, of a network or of all, or one run.
//
// mode    read
// param   job: str
// param   network: str = null
// param   run: str = null
// return  run: str, network: str, as_of: datetime, started: datetime, results: str
MATCH (r:JobRun {job: $job, state: 'sealed'})
WHERE ($network IS NULL OR r.network = $network) AND ($run IS NULL OR r.id = $run)
  AND r.results IS NOT NULL
RETURN r.id AS run, r.network AS network, r.as_of AS as_of, r.started AS started,
       r.results AS results
ORDER BY r.started DESC, run LIMIT 1
