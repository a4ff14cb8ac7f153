// The newest run of every model that may speak in a batch: its data end inside the batch's window.
//
// A run without as_of read the whole ledger, and counts only for a batch that does too.
//
// mode    read
// param   network: str
// param   since: datetime
// param   until: datetime
// param   whole: bool
// return  model: str, run: str, parameters: str
MATCH (r:ScoreRun)
WHERE r.state IN ['sealed', 'active', 'retired'] AND r.archive IS NULL
  AND coalesce(r.network, $network) = $network
  AND CASE WHEN r.as_of IS NULL THEN $whole ELSE r.as_of > $since AND r.as_of <= $until END
WITH r ORDER BY r.as_of DESC, r.started DESC, r.id
WITH r.model AS model, collect(r)[0] AS r
RETURN model, r.id AS run, r.parameters AS parameters ORDER BY model
