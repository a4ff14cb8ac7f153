// The network that the active run of a model scored; no row where there is no active run.
//
// mode    read
// param   model: str
// return  network: str
MATCH (:Model {name: $model})-[:ACTIVE_RUN]->(r:ScoreRun)
RETURN r.network AS network
