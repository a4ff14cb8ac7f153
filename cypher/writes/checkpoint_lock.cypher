// Takes the write lock of a network's Checkpoint, creating it where there is none.
//
// Nothing is read here: what is read before the lock is held may be stale, so
// lookups/checkpoint_read follows as a statement of its own in the same transaction.
//
// mode    write
// param   network: str
MERGE (c:Checkpoint {network: $network})
ON CREATE SET c.transfers = 0, c.accounts = 0
SET c.locked = true
REMOVE c.locked
