// Records that a load begins, and whose process it is.
//
// mode    write
// param   id: str
// param   format: str
// param   network: str
// param   files: str
// param   owner: str = null
MERGE (b:LoadBatch {id: $id})
SET b.format = $format, b.network = $network, b.files = $files, b.state = 'running',
    b.owner = $owner, b.started = datetime(), b.beat = datetime(), b.batches = 0, b.transfers = 0,
    b.accounts = 0
