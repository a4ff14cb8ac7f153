// Raises a locked Checkpoint by what one batch added, in the batch's own transaction.
//
// Single properties are set, because jobs keep theirs on the same node.
//
// mode    write
// param   network: str
// param   writer: str
// param   ledger: int = null
// param   transfers: int
// param   accounts: int
// param   recent_blocks: list[str] = null
// param   reorganised: bool = false
MATCH (c:Checkpoint {network: $network})
SET c.ledger = CASE WHEN c.ledger IS NULL OR $ledger > c.ledger THEN $ledger ELSE c.ledger END,
    c.transfers = c.transfers + $transfers,
    c.accounts = c.accounts + $accounts,
    c.writer = $writer,
    c.recent_blocks = coalesce($recent_blocks, c.recent_blocks)
// FLOW is out of date even where the new block moves as often as the old one did.
FOREACH (_ IN CASE WHEN $reorganised THEN [1] ELSE [] END |
  REMOVE c.flow_run, c.flow_ledger, c.flow_transfers)
