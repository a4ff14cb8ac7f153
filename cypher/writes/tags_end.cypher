// Ends tags of an account from a source, those of the given labels, at a moment.
//
// mode    write
// param   account: str
// param   source: str
// param   labels: list[str]
// param   at: datetime
MATCH (:Account {id: $account})-[:HAS_TAG]->(g:Tag)
WHERE g.source = $source AND g.label IN $labels AND coalesce(g.expires_at > $at, true)
SET g.expires_at = $at
