// Tags of the given accounts.
//
// mode    read
// param   accounts: list[str]
// return  account: str, id: str, label: str, category: str,
// return  subcategory: str, risk_level: str, source: str, confidence: float, known_from: any
// return  trust_level: str, expires_at: any
UNWIND $accounts AS account
MATCH (a:Account {id: account})-[:HAS_TAG]->(t:Tag)
RETURN a.id AS account, t.id AS id, t.label AS label, t.category AS category,
       t.subcategory AS subcategory, t.risk_level AS risk_level, t.source AS source,
       toFloat(t.confidence) AS confidence, t.known_from AS known_from,
       t.trust_level AS trust_level, t.expires_at AS expires_at
ORDER BY account, id
