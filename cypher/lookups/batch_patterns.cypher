// Patterns of a batch, with the accounts of each in the order of their positions.
//
// mode    read
// param   network: str
// param   processing_date: str
// param   window_days: int
// param   alerting: bool = null
// return  key: str, pattern_id: str, pattern_hash: str, pattern_type: str, typology_type: str
// return  variant: str, asset: str, subjects: list[str], accounts: list[str], roles: list[str]
// return  transfers: list[str], further: list[str], volume: float, volume_usd: float
// return  confidence: float, started: datetime, ended: datetime, retained_ratio: float
// return  truncated: bool
MATCH (p:Pattern {network: $network, processing_date: date($processing_date)})
WHERE p.window_days = $window_days AND p.superseded IS NULL
  AND ($alerting IS NULL OR p.alerting = $alerting)
CALL (p) {
  MATCH (a:Account)-[i:INVOLVED_IN]->(p)
  WITH a, i ORDER BY i.position
  RETURN collect(a.id) AS accounts, collect(i.role) AS roles
}
RETURN p.key AS key, p.id AS pattern_id, p.pattern_hash AS pattern_hash,
       p.pattern_type AS pattern_type, p.typology_type AS typology_type, p.variant AS variant,
       p.asset AS asset, p.subjects AS subjects, accounts, roles, p.transfers AS transfers,
       coalesce(p.further_transfers, []) AS further,
       p.volume AS volume, p.evidence_volume_usd AS volume_usd, p.confidence AS confidence,
       p.pattern_start_time AS started, p.pattern_end_time AS ended,
       p.retained_ratio AS retained_ratio,
       p.truncated AS truncated
ORDER BY key
