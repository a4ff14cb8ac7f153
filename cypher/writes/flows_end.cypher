// Declares a network's FLOW derived from the given state of its transfers, and lets it go.
//
// mode    write
// param   network: str
// param   run: str
// param   ledger: int = null
// param   transfers: int = null
// return  owned: bool
MATCH (c:Checkpoint {network: $network})
SET c.flow_lock = true
REMOVE c.flow_lock
WITH c WHERE c.flow_run = $run
SET c.flow_ledger = $ledger, c.flow_transfers = $transfers
REMOVE c.flow_run
RETURN true AS owned
