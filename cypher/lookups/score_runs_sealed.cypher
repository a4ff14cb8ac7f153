// Published runs of a model on a network with what they were made from, the newest first.
//
// mode    read
// param   model: str
// param   network: str
// return  run: str, parameters: str
MATCH (s:ScoreRun {model: $model, network: $network})
WHERE s.state IN ['active', 'retired']
RETURN s.id AS run, s.parameters AS parameters ORDER BY s.started DESC, run DESC LIMIT 1000
