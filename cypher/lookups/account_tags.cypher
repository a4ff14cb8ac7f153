// Tags of one account.
//
// mode    read
// param   account: str
// return  label: str, category: str, source: str, confidence: float
MATCH (:Account {id: $account})-[:HAS_TAG]->(t:Tag)
RETURN t.label AS label, t.category AS category, t.source AS source, t.confidence AS confidence
ORDER BY label, source
