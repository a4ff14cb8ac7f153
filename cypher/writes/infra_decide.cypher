// Decides on a proposal under the next version of the network's list, and keeps what was decided.
//
// Locks the Checkpoint first, so that versions are given one after the other.
//
// mode    write
// param   account: str
// param   state: str
// param   analyst: str
// param   reason: str = null
// param   at: datetime
// return  network: str, version: int, before: str
MATCH (a:Account {id: $account})-[:PROPOSED]->(p:InfraProposal)
MATCH (c:Checkpoint {network: p.network})
SET c.infra_version = coalesce(c.infra_version, 0) + 1
WITH p, c, p.state AS before
SET p.state = $state, p.decided_by = $analyst, p.decided_at = $at, p.reason = $reason,
    p.version = c.infra_version,
    p.history = coalesce(p.history, []) + (toString(c.infra_version) + ' ' + $state + ' '
      + toString($at) + ' ' + $analyst + coalesce(': ' + $reason, ''))
RETURN p.network AS network, p.version AS version, before
