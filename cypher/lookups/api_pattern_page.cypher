// A page of patterns: newest processing date first, then by key.
//
// mode    read
// param   network: str = null
// param   processing_date: str = null
// param   window_days: int = null
// param   pattern_type: str = null
// param   typology_type: str = null
// param   account: str = null
// param   day: str = null
// param   after: str = null
// param   limit: int
// return  key: str, day: str
MATCH (p:Pattern)
WHERE ($network IS NULL OR p.network = $network)
  AND ($processing_date IS NULL OR p.processing_date = date($processing_date))
  AND ($window_days IS NULL OR p.window_days = $window_days)
  AND ($pattern_type IS NULL OR p.pattern_type = $pattern_type)
  AND ($typology_type IS NULL OR p.typology_type = $typology_type)
  AND ($account IS NULL OR EXISTS { (:Account {id: $account})-[:INVOLVED_IN]->(p) })
WITH p.key AS key, toString(p.processing_date) AS day
WHERE $after IS NULL OR day < $day OR (day = $day AND key > $after)
RETURN key, day ORDER BY day DESC, key LIMIT $limit
