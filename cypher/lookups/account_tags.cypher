// Tags of one account.
//
// mode    read
// param   account: str
// return  label: str, category: str, source: str, confidence: float, risk_level: str
// return  expires_at: datetime
MATCH (:Account {id: $account})-[:HAS_TAG]->(t:Tag)
RETURN t.label AS label, t.category AS category, t.source AS source, t.confidence AS confidence,
       t.risk_level AS risk_level, t.expires_at AS expires_at
ORDER BY label, source
