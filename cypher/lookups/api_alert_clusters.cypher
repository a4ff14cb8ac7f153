// A page of clusters of alerts: newest processing date first, then the largest, then by id.
//
// mode    read
// param   network: str = null
// param   processing_date: str = null
// param   window_days: int = null
// param   cluster_type: str = null
// param   id: str = null
// param   day: str = null
// param   alerts: int = null
// param   after: str = null
// param   limit: int
// return  id: str, network: str, processing_date: str, window_days: int, cluster_type: str
// return  primary_address: str, pattern_id: str, primary_alert_id: str
// return  related_alert_ids: list[str], addresses_involved: list[str], total_alerts: int
// return  total_volume_usd: float, severity_max: str, confidence_avg: float
// return  earliest_alert_timestamp: datetime, latest_alert_timestamp: datetime
MATCH (c:AlertCluster)
WHERE ($network IS NULL OR c.network = $network) AND ($id IS NULL OR c.id = $id)
  AND ($processing_date IS NULL OR c.processing_date = date($processing_date))
  AND ($window_days IS NULL OR c.window_days = $window_days)
  AND ($cluster_type IS NULL OR c.cluster_type = $cluster_type)
WITH c, toString(c.processing_date) AS processing_date
WHERE $after IS NULL OR processing_date < $day OR (processing_date = $day
  AND (c.total_alerts < $alerts OR (c.total_alerts = $alerts AND c.id > $after)))
RETURN c.id AS id, c.network AS network, processing_date, c.window_days AS window_days,
       c.cluster_type AS cluster_type, c.primary_address AS primary_address,
       c.pattern_id AS pattern_id, c.primary_alert_id AS primary_alert_id,
       c.related_alert_ids AS related_alert_ids, c.addresses_involved AS addresses_involved,
       c.total_alerts AS total_alerts, c.total_volume_usd AS total_volume_usd,
       c.severity_max AS severity_max, c.confidence_avg AS confidence_avg,
       c.earliest_alert_timestamp AS earliest_alert_timestamp,
       c.latest_alert_timestamp AS latest_alert_timestamp
ORDER BY processing_date DESC, total_alerts DESC, id LIMIT $limit
