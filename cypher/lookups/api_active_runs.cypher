// The active run of every model.
//
// mode    read
// return  model: str, run: str
MATCH (m:Model)
OPTIONAL MATCH (m)-[:ACTIVE_RUN]->(r:ScoreRun)
RETURN m.name AS model, r.id AS run
ORDER BY model
