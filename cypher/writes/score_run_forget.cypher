// Forgets a run that cannot be written, and its model where that came with it.
//
// mode    write
// param   run: str
MATCH (r:ScoreRun {id: $run, state: 'failed'})
WITH r, r.model AS name
DELETE r
WITH name
MATCH (m:Model {name: name})
WHERE NOT EXISTS { (m)--() } AND NOT EXISTS { (:ScoreRun {model: name}) }
DELETE m
