// Accounts whose tags name several categories; `shown` is that of the highest confidence.
//
// mode    read
// param   accounts: list[str]
// return  account: str, categories: list[str], shown: str
UNWIND $accounts AS id
MATCH (a:Account {id: id})-[:HAS_TAG]->(t:Tag)
WHERE t.category <> 'unknown'
WITH a, t ORDER BY t.confidence DESC, t.id
WITH a, collect(t.category) AS all, collect(DISTINCT t.category) AS categories
WHERE size(categories) > 1
RETURN a.id AS account, categories, all[0] AS shown
