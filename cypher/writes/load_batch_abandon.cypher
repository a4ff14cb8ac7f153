// Records that the process of a load is gone; the load failed, what it committed stays.
//
// mode    write
// param   id: str
// param   owner: str = null
MATCH (b:LoadBatch {id: $id})
WHERE b.state = 'running' AND coalesce(b.owner, '') = coalesce($owner, '')
SET b.state = 'failed', b.error = 'its process ended without a word', b.finished = datetime()
