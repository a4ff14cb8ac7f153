// Takes the write lock of a lease, creating it where there is none.
//
// Nothing is decided here: what is read before the lock is held may be stale, so
// writes/lease_take follows as a statement of its own in the same transaction.
//
// mode    write
// param   name: str
MERGE (l:Lease {name: $name})
ON CREATE SET l.token = 0
SET l.locked = true
REMOVE l.locked
