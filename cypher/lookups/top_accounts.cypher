// Accounts with the highest scores of a model's active run; ties by account id.
//
// mode    read
// param   model: str
// param   limit: int = 10
// return  account: str, run: str, value: float, percentile: float, band: str, reasons: list[str]
MATCH (:Model {name: $model})-[:ACTIVE_RUN]->(r:ScoreRun)<-[s:SCORED]-(a:Account)
RETURN a.id AS account, r.id AS run, s.value AS value, s.percentile AS percentile,
       s.band AS band, s.reasons AS reasons
ORDER BY value DESC, account
LIMIT $limit
