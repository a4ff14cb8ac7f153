// Cuts or accepts the links between two accounts, for good, and keeps who did it and why.
//
// mode    write
// param   source: str
// param   target: str
// param   state: str
// param   analyst: str
// param   reason: str = null
// param   at: datetime
// return  network: str, rule: str
MATCH (a:Account {id: $source})-[l:SAME_ENTITY]-(:Account {id: $target})
SET l.state = $state, l.decided_by = $analyst, l.decided_at = $at, l.reason = $reason
RETURN a.network AS network, l.rule AS rule
