// Alerts by id, with the account, the keys of their patterns, their clusters and what was said.
//
// mode    read
// param   ids: list[str]
// return  id: str, account: str, network: str, processing_date: str, window_days: int
// return  typology_type: str, pattern_id: str, pattern_type: str, pattern_keys: list[str]
// return  severity: str, priority: float, suspected_address_type: str, suspected_address_subtype: str
// return  alert_confidence_score: float, description: str, volume: float, volume_usd: float
// return  volume_base: str, asset: str, transfers: list[str], risk_indicators: list[str]
// return  started: datetime, ended: datetime, created_at: datetime, status: str
// return  status_at: datetime, duplicate_of: str, clusters: list[str], feedback: list[map]
UNWIND $ids AS id
MATCH (x:Alert {id: id})-[:ABOUT]->(a:Account)
CALL (x) {
  OPTIONAL MATCH (p:Pattern)-[:TRIGGERS]->(x)
  WITH x, p ORDER BY p.id <> x.pattern_id, p.key
  RETURN collect(p.key) AS pattern_keys
}
CALL (x) {
  OPTIONAL MATCH (x)-[:IN_CLUSTER]->(c:AlertCluster)
  WITH c ORDER BY c.id
  RETURN collect(c.id) AS clusters
}
CALL (x) {
  OPTIONAL MATCH (f:Feedback)-[:ON]->(x)
  WITH f ORDER BY f.at, f.id
  RETURN collect(f {.id, .verdict, .analyst, .comment, .confidence, at: f.at.epochMillis,
    expires_at: f.expires_at.epochMillis, muted_until: f.muted_until.epochMillis}) AS feedback
}
RETURN x.id AS id, a.id AS account, x.network AS network,
       toString(x.processing_date) AS processing_date, x.window_days AS window_days,
       x.typology_type AS typology_type, x.pattern_id AS pattern_id,
       x.pattern_type AS pattern_type, pattern_keys, x.severity AS severity,
       coalesce(x.priority, 0.0) AS priority,
       x.suspected_address_type AS suspected_address_type,
       x.suspected_address_subtype AS suspected_address_subtype,
       x.alert_confidence_score AS alert_confidence_score, x.description AS description,
       x.volume AS volume, x.volume_usd AS volume_usd, x.volume_base AS volume_base,
       x.asset AS asset, coalesce(x.transfers, []) AS transfers,
       coalesce(x.risk_indicators, []) AS risk_indicators, x.started AS started,
       x.ended AS ended, x.created_at AS created_at, x.status AS status,
       x.status_at AS status_at, x.duplicate_of AS duplicate_of, clusters, feedback
