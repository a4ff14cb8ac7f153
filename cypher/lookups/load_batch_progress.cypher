// The last batch of a load that is committed.
//
// mode    read
// param   id: str
// return  batch: int
MATCH (b:LoadBatch {id: $id})
RETURN b.batches AS batch
