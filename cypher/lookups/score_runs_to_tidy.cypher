// Runs of a model whose scores may leave the graph, oldest first.
//
// Failed runs, runs whose writer has been silent since before `abandoned`, and sealed runs beyond
// the newest `keep`; a run without scores in the graph is not listed.
//
// mode    read
// param   model: str
// param   keep: int
// param   abandoned: datetime
// return  run: str, state: str
MATCH (r:ScoreRun {model: $model})
WITH r ORDER BY r.finished DESC
WITH collect(CASE WHEN r.state IN ['active', 'retired'] THEN r END) AS sealed,
     collect(CASE WHEN r.state = 'failed' OR (r.state = 'writing' AND r.started < $abandoned)
             THEN r END) AS dead
UNWIND sealed[$keep..] + dead AS r
WITH r WHERE r.archive IS NULL AND EXISTS { (r)<-[:SCORED]-() }
RETURN r.id AS run, r.state AS state
ORDER BY r.started
