// Raises a locked Checkpoint by what one batch added, in the batch's own transaction.
//
// mode    write
// param   network: str
// param   writer: str
// param   ledger: int = null
// param   transfers: int
// param   accounts: int
MATCH (c:Checkpoint {network: $network})
SET c.ledger = CASE WHEN c.ledger IS NULL OR $ledger > c.ledger THEN $ledger ELSE c.ledger END,
    c.transfers = c.transfers + $transfers,
    c.accounts = c.accounts + $accounts,
    c.writer = $writer
REMOVE c.locked
