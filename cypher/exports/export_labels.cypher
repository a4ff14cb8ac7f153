// What tags say of accounts, for labels; `known_from` is epoch milliseconds, -1 where unknown.
//
// mode    read
// shape   columns
// param   prefix: str
// return  account_id: str, category: str, source: str
// return  confidence: float, known_from: int
MATCH (a:Account)-[:HAS_TAG]->(g:Tag)
WHERE a.id STARTS WITH $prefix
WITH a, g ORDER BY a.id, g.id
RETURN collect(a.id) AS account_id, collect(coalesce(g.category, 'unknown')) AS category,
       collect(coalesce(g.source, '')) AS source,
       collect(coalesce(toFloat(g.confidence), 0.5)) AS confidence,
       collect(coalesce(
         CASE WHEN g.known_from IS :: INTEGER THEN g.known_from
              WHEN g.known_from IS NULL THEN -1
              ELSE datetime(toString(g.known_from)).epochMillis END, -1)) AS known_from
