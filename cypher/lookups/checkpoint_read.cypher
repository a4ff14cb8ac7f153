// High water, last writer and counts of a network's Checkpoint.
//
// mode    read
// param   network: str
// return  ledger: int, writer: str, transfers: int, accounts: int
MATCH (c:Checkpoint {network: $network})
RETURN c.ledger AS ledger, c.writer AS writer, c.transfers AS transfers, c.accounts AS accounts
