// The score run of a model that a job published.
//
// mode    read
// param   model: str
// param   job_run: str
// return  run: str
MATCH (s:ScoreRun {model: $model, version: $job_run})
RETURN s.id AS run ORDER BY s.started DESC LIMIT 1
