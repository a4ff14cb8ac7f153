// A page of alerts: newest processing date first, then the gravest, the surest, then by id.
//
// day, grade (3 is critical), confidence and after are the place of the last one seen.
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
// param   grade: int = null
// param   confidence: float = null
// param   after: str = null
// param   limit: int
// return  id: str, day: str, grade: int, confidence: float
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
WITH x.id AS id, toString(x.processing_date) AS day,
     CASE x.severity WHEN 'critical' THEN 3 WHEN 'high' THEN 2 WHEN 'medium' THEN 1 ELSE 0 END
       AS grade, coalesce(x.alert_confidence_score, 0.0) AS confidence
WHERE $after IS NULL OR day < $day
   OR (day = $day AND (grade < $grade OR (grade = $grade AND (confidence < $confidence
     OR (confidence = $confidence AND id > $after)))))
RETURN id, day, grade, confidence ORDER BY day DESC, grade DESC, confidence DESC, id LIMIT $limit
