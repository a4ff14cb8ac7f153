// Takes a network's FLOW for one run: from now on it counts as stale until that run ends.
//
// flow_ledger and flow_transfers are what it was derived from before, null where it was stale.
//
// mode    write
// param   network: str
// param   run: str
// return  ledger: int, transfers: int, flow_ledger: int, flow_transfers: int
MATCH (c:Checkpoint {network: $network})
WITH c, c.flow_ledger AS flow_ledger, c.flow_transfers AS flow_transfers
SET c.flow_run = $run
REMOVE c.flow_ledger, c.flow_transfers
RETURN c.ledger AS ledger, c.transfers AS transfers, flow_ledger, flow_transfers
