// Scores of the given accounts in the given runs.
//
// mode    read
// param   accounts: list[str]
// param   runs: list[str]
// return  account: str, run: str, model: str, value: float, percentile: float, band: str,
// return  reasons: list[str]
UNWIND $accounts AS account
MATCH (a:Account {id: account})-[s:SCORED]->(r:ScoreRun)
WHERE s.run IN $runs
RETURN a.id AS account, s.run AS run, r.model AS model, s.value AS value,
       s.percentile AS percentile, s.band AS band, s.reasons AS reasons
