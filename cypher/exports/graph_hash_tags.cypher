// Canonical tag rows of the accounts in a range of ids, for the graph hash.
//
// mode    read
// param   after: str
// param   last: str
// return  account: str, tag: str, category: str, confidence: float, known_from: str
MATCH (a:Account)
USING INDEX a:Account(id)
WHERE a.id > $after AND a.id <= $last
MATCH (a)-[:HAS_TAG]->(g:Tag)
RETURN a.id AS account, g.id AS tag, g.category AS category,
       toFloat(g.confidence) AS confidence, toString(g.known_from) AS known_from
