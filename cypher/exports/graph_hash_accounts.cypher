// Canonical account rows after a given id, for the graph hash.
//
// mode    read
// shape   columns
// param   after: str
// param   limit: int = 20000
// return  id: str, kind: str
MATCH (a:Account)
USING INDEX a:Account(id)
WHERE a.id > $after
WITH a ORDER BY a.id LIMIT toInteger($limit)
RETURN collect(a.id) AS id, collect(coalesce(a.kind, '')) AS kind
