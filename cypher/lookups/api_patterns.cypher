// Patterns by key, with who takes part in the order of their positions.
//
// mode    read
// param   keys: list[str]
// return  key: str, id: str, pattern_hash: str, instance_id: str, network: str
// return  processing_date: str, window_days: int, pattern_type: str, typology_type: str
// return  variant: str, asset: str, accounts: list[str], roles: list[str], transfers: list[str]
// return  further_transfers: list[str], instances: int, volume: float
// return  evidence_volume_base: str, evidence_volume_usd: float, confidence: float
// return  pattern_start_time: datetime, pattern_end_time: datetime, retained_ratio: float
// return  truncated: bool, detection_method: str, detector_version: str, params: str
UNWIND $keys AS key
MATCH (p:Pattern {key: key})
CALL (p) {
  MATCH (a:Account)-[i:INVOLVED_IN]->(p)
  WITH a, i ORDER BY i.position
  RETURN collect(a.id) AS accounts, collect(i.role) AS roles
}
RETURN p.key AS key, p.id AS id, p.pattern_hash AS pattern_hash, p.instance_id AS instance_id,
       p.network AS network, toString(p.processing_date) AS processing_date,
       p.window_days AS window_days, p.pattern_type AS pattern_type,
       p.typology_type AS typology_type, p.variant AS variant, p.asset AS asset, accounts, roles,
       p.transfers AS transfers, coalesce(p.further_transfers, []) AS further_transfers,
       p.instances AS instances, p.volume AS volume,
       p.evidence_volume_base AS evidence_volume_base,
       p.evidence_volume_usd AS evidence_volume_usd, p.confidence AS confidence,
       p.pattern_start_time AS pattern_start_time, p.pattern_end_time AS pattern_end_time,
       toFloat(p.retained_ratio) AS retained_ratio, p.truncated AS truncated,
       p.detection_method AS detection_method, p.detector_version AS detector_version,
       p.params AS params
