// A page of alerts: newest processing date first, then by priority, then by id.
//
// day, priority and after are the place of the last one seen.
//
// mode    read
// param   network: str = null
// param   processing_date: str = null
// param   window_days: int = null
// param   typology_type: str = null
// param   severity: str = null
// param   status: str = null
// param   account: str = null
// param   cluster: str = null
// param   min_confidence: float = null
// param   day: str = null
// param   priority: float = null
// param   after: str = null
// param   limit: int
// return  id: str, day: str, priority: float
MATCH (x:Alert)
WHERE ($network IS NULL OR x.network = $network)
  AND ($processing_date IS NULL OR x.processing_date = date($processing_date))
  AND ($window_days IS NULL OR x.window_days = $window_days)
  AND ($typology_type IS NULL OR x.typology_type = $typology_type)
  AND ($severity IS NULL OR x.severity = $severity)
  AND ($status IS NULL OR x.status = $status)
  AND ($min_confidence IS NULL OR x.alert_confidence_score >= $min_confidence)
  AND ($account IS NULL OR EXISTS { (x)-[:ABOUT]->(:Account {id: $account}) })
  AND ($cluster IS NULL OR EXISTS { (x)-[:IN_CLUSTER]->(:AlertCluster {id: $cluster}) })
WITH x.id AS id, toString(x.processing_date) AS day, coalesce(x.priority, 0.0) AS priority
WHERE $after IS NULL OR day < $day
   OR (day = $day AND (priority < $priority OR (priority = $priority AND id > $after)))
RETURN id, day, priority ORDER BY day DESC, priority DESC, id LIMIT $limit
