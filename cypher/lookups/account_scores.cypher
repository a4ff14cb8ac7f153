// Scores of one account in the active run of every model.
//
// mode    read
// param   account: str
// return  model: str, run: str, value: float, percentile: float, band: str, reasons: list[str]
MATCH (m:Model)-[:ACTIVE_RUN]->(r:ScoreRun)<-[s:SCORED]-(:Account {id: $account})
RETURN m.name AS model, r.id AS run, s.value AS value, s.percentile AS percentile,
       s.band AS band, s.reasons AS reasons
ORDER BY model
