// Records one batch of a load in the batch's own transaction, so that it can be told from a lost
// one.
//
// mode    write
// param   id: str
// param   batch: int
// param   transfers: int
// param   accounts: int
MATCH (b:LoadBatch {id: $id})
SET b.batches = $batch, b.transfers = b.transfers + $transfers, b.accounts = b.accounts + $accounts,
    b.beat = datetime()
