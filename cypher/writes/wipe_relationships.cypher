// Removes relationships of some accounts, at most so many at once, and counts them by type.
//
// mode    write
// param   accounts: list[str]
// param   limit: int
// return  type: str, removed: int
UNWIND $accounts AS id
MATCH (:Account {id: id})-[r]-()
WITH DISTINCT r LIMIT $limit
WITH r, type(r) AS type
DELETE r
RETURN type, count(*) AS removed
