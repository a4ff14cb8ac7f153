// Removes the tags of some accounts.
//
// mode    write
// param   accounts: list[str]
// return  removed: int
UNWIND $accounts AS id
MATCH (:Account {id: id})-[:HAS_TAG]->(t:Tag)
WITH DISTINCT t
DETACH DELETE t
RETURN count(*) AS removed
