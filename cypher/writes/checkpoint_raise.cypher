// Raises a locked Checkpoint by what one batch added, in the batch's own transaction.
//
// Single properties are set, because jobs keep theirs on the same node. `removed` counts every
// transfer ever deleted: where others came in their place, ledger and transfers may not tell.
//
// mode    write
// param   network: str
// param   writer: str
// param   ledger: int = null
// param   transfers: int
// param   accounts: int
// param   recent_blocks: list[str] = null
// param   removed: int = 0
MATCH (c:Checkpoint {network: $network})
SET c.ledger = CASE WHEN c.ledger IS NULL OR $ledger > c.ledger THEN $ledger ELSE c.ledger END,
    c.transfers = c.transfers + $transfers,
    c.removed = CASE WHEN $removed > 0 THEN coalesce(c.removed, 0) + $removed ELSE c.removed END,
    c.accounts = c.accounts + $accounts,
    c.writer = $writer,
    c.recent_blocks = coalesce($recent_blocks, c.recent_blocks)
// FLOW is out of date even where as many transfers came as went.
FOREACH (_ IN CASE WHEN $removed > 0 THEN [1] ELSE [] END |
  REMOVE c.flow_run, c.flow_ledger, c.flow_transfers)
