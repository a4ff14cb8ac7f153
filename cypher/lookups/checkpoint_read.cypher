// High water, last writer, counts and blocks of a network's Checkpoint.
//
// mode    read
// param   network: str
// return  ledger: int, writer: str, transfers: int, accounts: int,
// return  recent_blocks: list[str]
MATCH (c:Checkpoint {network: $network})
RETURN c.ledger AS ledger, c.writer AS writer, c.transfers AS transfers, c.accounts AS accounts,
       coalesce(c.recent_blocks, []) AS recent_blocks
