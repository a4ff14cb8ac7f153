// What each network holds, and what FLOW was built from.
//
// mode    read
// param   network: str = null
// return  network: str, ledger: int, transfers: int, flow_ledger: int, flow_transfers: int
MATCH (c:Checkpoint)
WHERE $network IS NULL OR c.network = $network
RETURN c.network AS network, c.ledger AS ledger, c.transfers AS transfers,
       c.flow_ledger AS flow_ledger, c.flow_transfers AS flow_transfers
ORDER BY network
