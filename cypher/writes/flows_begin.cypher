// Takes a network's FLOW for one run: from now on it counts as stale until that run ends.
//
// mode    write
// param   network: str
// param   run: str
// return  ledger: int, transfers: int
MATCH (c:Checkpoint {network: $network})
SET c.flow_run = $run
REMOVE c.flow_ledger, c.flow_transfers
RETURN c.ledger AS ledger, c.transfers AS transfers
