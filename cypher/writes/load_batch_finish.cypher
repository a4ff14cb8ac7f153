// Records how a load ended, with its report; objects as JSON text.
//
// mode    write
// param   id: str
// param   state: str
// param   error: str = null
// param   files: str
// param   read: int
// param   loaded: int
// param   duplicate: int
// param   skipped: str
// param   rejected: int
// param   rejects: str
// param   warnings: str
// param   assets: int
// param   fees_base: str = null
// param   chain_id: int = null
// param   seconds: float
// param   first_ledger: int = null
// param   last_ledger: int = null
// param   first_ts: int = null
// param   last_ts: int = null
MATCH (b:LoadBatch {id: $id})
SET b.state = $state, b.error = $error, b.files = $files, b.read = $read, b.loaded = $loaded,
    b.duplicate = $duplicate, b.skipped = $skipped, b.rejected = $rejected, b.rejects = $rejects,
    b.warnings = $warnings, b.assets = $assets, b.fees_base = $fees_base,
    b.chain_id = $chain_id, b.seconds = $seconds,
    b.first_ledger = $first_ledger, b.last_ledger = $last_ledger, b.first_ts = $first_ts,
    b.last_ts = $last_ts, b.finished = datetime()
