// Marks the runs of a job whose values another run replaces by those of another part of the ledger.
//
// With `same` its values are computed alike, and replace nothing where they are of the same part.
//
// mode    write
// param   run: str
// param   job: str
// param   same: bool
MATCH (own:JobRun {id: $run})
MATCH (r:JobRun {job: $job, network: own.network})
WHERE r.state IN ['writing', 'sealed'] AND r.replaced_by IS NULL
  AND NOT ($same AND substring(r.key, size(r.job)) = substring(own.key, size(own.job)))
SET r.replaced_by = $run
