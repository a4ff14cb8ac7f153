// Records that a load begins.
//
// mode    write
// param   id: str
// param   format: str
// param   network: str
// param   files: str
MERGE (b:LoadBatch {id: $id})
SET b.format = $format, b.network = $network, b.files = $files, b.state = 'running',
    b.started = datetime(), b.batches = 0, b.transfers = 0, b.accounts = 0
