// Opens a score run in state writing.
//
// mode    write
// param   run: str
// param   model: str
// param   version: str = null
// param   network: str = null
// param   task: str = null
// param   as_of: datetime = null
// param   window: duration = null
// param   export_id: str = null
// param   model_sha256: str = null
// param   config_hash: str = null
// param   code_version: str
// param   parameters: str
// return  run: str
MERGE (m:Model {name: $model})
CREATE (r:ScoreRun {
  id: $run, model: $model, version: $version, network: $network, task: $task, as_of: $as_of,
  data_cutoff: $as_of, window: $window, export_id: $export_id, model_sha256: $model_sha256,
  config_hash: $config_hash, code_version: $code_version, parameters: $parameters,
  state: 'writing', started: datetime()
})
RETURN r.id AS run
