// Removes a model's copied properties from accounts that its active run does not score.
//
// Where the run scores every account there is none, which costs two counts to know.
//
// mode    write
// param   run: str
// param   property: str
MATCH (:Account)
WITH count(*) AS accounts
MATCH (r:ScoreRun {id: $run})
WHERE COUNT { (r)<-[:SCORED]-() } < accounts
MATCH (a:Account)
WHERE a[$property] IS NOT NULL AND a[$property + '_run'] <> $run
SET a[$property] = null, a[$property + '_run'] = null
