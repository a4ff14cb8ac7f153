// Alerts of a batch that somebody may still look at: all but the dismissed ones.
//
// mode    read
// param   network: str
// param   processing_date: str
// param   window_days: int
// return  id: str, account: str, entity: str, typology_type: str, asset: str, severity: str
// return  confidence: float, volume_usd: float, variant: str, pattern_id: str
// return  transfers: list[str], started: datetime, ended: datetime, created_at: datetime
MATCH (x:Alert {network: $network, processing_date: date($processing_date)})-[:ABOUT]->(a:Account)
WHERE x.window_days = $window_days AND x.status <> 'dismissed'
RETURN x.id AS id, a.id AS account, a.entity AS entity, x.typology_type AS typology_type,
       x.asset AS asset, x.severity AS severity, x.alert_confidence_score AS confidence,
       x.volume_usd AS volume_usd, x.variant AS variant, x.pattern_id AS pattern_id,
       x.transfers AS transfers, x.started AS started, x.ended AS ended,
       x.created_at AS created_at
ORDER BY id
