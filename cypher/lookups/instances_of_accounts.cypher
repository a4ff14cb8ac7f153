// In how many patterns of each type accounts take part, in a batch.
//
// mode    read
// param   network: str
// param   processing_date: str
// param   window_days: int
// return  account: str, pattern_type: str, instances: int
MATCH (a:Account)-[:INVOLVED_IN]->(p:Pattern {network: $network,
  processing_date: date($processing_date)})
WHERE p.window_days = $window_days AND p.superseded IS NULL
RETURN a.id AS account, p.pattern_type AS pattern_type, count(DISTINCT p) AS instances
ORDER BY account, pattern_type
