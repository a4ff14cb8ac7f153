// Accounts of a network whose score in a run is at least so high.
//
// mode    read
// param   run: str
// param   network: str
// param   least: float
// return  account: str, value: float, reasons: list[str]
MATCH (:ScoreRun {id: $run})<-[s:SCORED]-(a:Account)
WHERE s.run = $run AND s.value >= $least AND a.network = $network
RETURN a.id AS account, s.value AS value, coalesce(s.reasons, []) AS reasons ORDER BY account
