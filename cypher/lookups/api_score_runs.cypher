// Score runs by id or model, newest first; `started` is the epoch millisecond of the last one seen.
//
// mode    read
// param   run: str = null
// param   model: str = null
// param   started: int = null
// param   after: str = null
// param   limit: int
// return  id: str, model: str, state: str, version: str, network: str, task: str, as_of: datetime,
// return  accounts: int, hash: str, prev_hash: str, model_sha256: str, export_id: str,
// return  parameters: str, archive: str, error: str, started: datetime, finished: datetime
MATCH (r:ScoreRun)
WITH r, r.started.epochMillis AS ms
WHERE ($run IS NULL OR r.id = $run) AND ($model IS NULL OR r.model = $model)
  AND ($after IS NULL OR ms < $started OR (ms = $started AND r.id > $after))
RETURN r.id AS id, r.model AS model, r.state AS state, r.version AS version, r.network AS network,
       r.task AS task, r.as_of AS as_of, r.accounts AS accounts, r.hash AS hash,
       r.prev_hash AS prev_hash, r.model_sha256 AS model_sha256, r.export_id AS export_id,
       r.parameters AS parameters, r.archive AS archive, r.error AS error, r.started AS started,
       r.finished AS finished
ORDER BY ms DESC, id
LIMIT $limit
