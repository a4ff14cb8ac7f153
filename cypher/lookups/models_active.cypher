// Models that have a published run, the one published last first.
//
// mode    read
// return  model: str, run: str
MATCH (m:Model)-[:ACTIVE_RUN]->(r:ScoreRun)
RETURN m.name AS model, r.id AS run
ORDER BY r.finished DESC
