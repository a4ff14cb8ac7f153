// Runs of graph jobs, newest first; `started` is the epoch millisecond of the last one seen.
//
// mode    read
// param   job: str = null
// param   entry: str = null
// param   started: int = null
// param   after: str = null
// param   limit: int
// return  id: str, job: str, state: str, network: str, asset: str, as_of: datetime,
// return  window_start: datetime, window_end: datetime, nodes: int, seconds: float, error: str,
// return  started: datetime, finished: datetime, version: str, key: str, rows_in: int,
// return  lease_owner: str, attempt: int, entry: str, due: datetime, infra_list: str, window: str,
// return  rows_out: int
MATCH (r:JobRun)
WITH r, r.started.epochMillis AS ms
WHERE ($job IS NULL OR r.job = $job) AND ($entry IS NULL OR r.entry = $entry)
  AND ($after IS NULL OR ms < $started OR (ms = $started AND r.id > $after))
RETURN r.id AS id, r.job AS job, r.state AS state, r.network AS network, r.asset AS asset,
       r.as_of AS as_of, r.window_start AS window_start, r.window_end AS window_end,
       r.rows_out AS nodes, r.seconds AS seconds, r.error AS error, r.started AS started,
       r.finished AS finished, r.version AS version, r.key AS key, r.rows_in AS rows_in,
       r.lease_owner AS lease_owner, r.attempt AS attempt, r.entry AS entry, r.due AS due,
       r.infra_list AS infra_list, toString(r.window) AS window, r.rows_out AS rows_out
ORDER BY ms DESC, id
LIMIT $limit
