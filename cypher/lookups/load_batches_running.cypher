// Loads of a network that are recorded as running, with their process and its last sign of life.
//
// mode    read
// param   network: str
// return  id: str, owner: str, beat: datetime
MATCH (b:LoadBatch {network: $network, state: 'running'})
RETURN b.id AS id, b.owner AS owner, b.beat AS beat
