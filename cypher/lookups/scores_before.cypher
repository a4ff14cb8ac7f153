// Scores of the detectors in the period before: the newest earlier cut-off of the same network.
//
// Only a run of the job that has all of the models in the graph counts; one of a window is compared
// with one of a window, and with a whole ledger one of a whole ledger.
//
// mode    read
// param   network: str
// param   as_of: datetime
// param   windowed: bool
// param   models: list[str]
// return  version: str, as_of: datetime, model: str, account: str, value: float
MATCH (r:ScoreRun {network: $network})
WHERE r.model IN $models AND r.state IN ['sealed', 'active', 'retired'] AND r.archive IS NULL
  AND r.as_of < $as_of AND (r.window IS NOT NULL) = $windowed AND r.version IS NOT NULL
WITH r.version AS version, r.as_of AS as_of, max(r.started) AS started, collect(r) AS runs
WHERE size(runs) = size($models)
WITH version, as_of, runs ORDER BY as_of DESC, started DESC, version LIMIT 1
UNWIND runs AS r
MATCH (r)<-[s:SCORED]-(a:Account)
WHERE s.run = r.id
RETURN version, as_of, r.model AS model, a.id AS account, s.value AS value
ORDER BY account, model
