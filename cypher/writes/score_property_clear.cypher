// Removes a model's copied properties from accounts that its active run does not score.
//
// mode    write
// param   run: str
// param   property: str
MATCH (a:Account)
WHERE a[$property] IS NOT NULL AND a[$property + '_run'] <> $run
SET a[$property] = null, a[$property + '_run'] = null
