// Results of the run whose values a run finds, where it covered the same and came to its end.
//
// That is the last run of the job that may have written: one that failed half-way counts. Where
// another job wrote values of its own since, there is none.
//
// mode    read
// param   run: str
// return  results: str
MATCH (own:JobRun {id: $run})
CALL (own) {
  MATCH (r:JobRun {job: own.job, network: own.network})
  WHERE r.id <> own.id AND r.state <> 'skipped'
  RETURN r ORDER BY r.started DESC LIMIT 1
}
WITH own, r
WHERE r.state = 'sealed' AND r.key = own.key AND r.version = own.version AND r.results IS NOT NULL
  AND r.replaced_by IS NULL
RETURN r.results AS results
