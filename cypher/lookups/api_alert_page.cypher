// A page of alerts: newest processing date first, of it those still to be looked at, by priority.
//
// day, settled (1: confirmed, dismissed or duplicate), priority and after are the place of the last
// one seen.
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
// param   settled: int = null
// param   priority: float = null
// param   after: str = null
// param   limit: int
// return  id: str, day: str, settled: int, priority: float
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
WITH x.id AS id, toString(x.processing_date) AS day, coalesce(x.priority, 0.0) AS priority,
     CASE WHEN x.status IN ['confirmed', 'dismissed', 'duplicate'] THEN 1 ELSE 0 END AS settled
WHERE $after IS NULL OR day < $day OR day = $day AND (settled > $settled OR settled = $settled
  AND (priority < $priority OR priority = $priority AND id > $after))
RETURN id, day, settled, priority ORDER BY day DESC, settled, priority DESC, id LIMIT $limit
