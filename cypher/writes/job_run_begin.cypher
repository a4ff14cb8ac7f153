// Records that a job starts.
//
// mode    write
// param   id: str
// param   job: str
// param   version: str
// param   network: str
// param   key: str
// param   asset: str = null
// param   window: duration = null
// param   window_start: datetime = null
// param   window_end: datetime = null
// param   as_of: datetime = null
// param   infra_list: str
// param   parameters: str
// param   owner: str
// param   lease: str = null
// param   token: int = null
// param   attempt: int = 1
// param   entry: str = null
// param   due: datetime = null
// param   limit_seconds: float
MERGE (r:JobRun {id: $id})
SET r.job = $job, r.version = $version, r.network = $network, r.key = $key, r.asset = $asset,
    r.window = $window, r.window_start = $window_start, r.window_end = $window_end,
    r.as_of = $as_of, r.infra_list = $infra_list, r.parameters = $parameters,
    r.lease_owner = $owner, r.lease = $lease, r.token = $token, r.attempt = $attempt,
    r.entry = $entry, r.due = $due, r.limit_seconds = $limit_seconds, r.state = 'writing',
    r.started = datetime()
