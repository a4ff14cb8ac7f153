// What accounts are already told of that a batch may tell again, oldest first.
//
// Alerts of earlier days in its window, of other windows of its day, whichever was first, and of
// itself what has feedback; none that is a duplicate, and what was dismissed only until its mute
// ends: then it is told again. Each comes with all transfers of its patterns.
//
// mode    read
// param   accounts: list[str]
// param   since: str
// param   processing_date: str
// param   window_days: int
// return  id: str, account: str, typology_type: str, hashes: list[str], transfers: list[str]
UNWIND $accounts AS key
MATCH (a:Account {id: key})<-[:ABOUT]-(x:Alert)
WHERE x.status <> 'duplicate' AND x.processing_date >= date($since)
  AND (x.status <> 'dismissed'
    OR EXISTS { (f:Feedback)-[:ON]->(x) WHERE f.muted_until > datetime() })
  AND (x.processing_date < date($processing_date)
    OR x.processing_date = date($processing_date) AND (x.window_days <> $window_days
      OR EXISTS { (:Feedback)-[:ON]->(x) }))
CALL (x) {
  MATCH (p:Pattern)-[:TRIGGERS]->(x)
  UNWIND p.further_transfers AS transfer
  RETURN collect(transfer) AS further
}
RETURN x.id AS id, a.id AS account, x.typology_type AS typology_type,
       x.pattern_hashes AS hashes, x.transfers + further AS transfers
ORDER BY x.processing_date, x.window_days, id
