// Removes accounts that have no relationship any more.
//
// mode    write
// param   accounts: list[str]
// return  removed: int
UNWIND $accounts AS id
MATCH (a:Account {id: id})
WHERE NOT EXISTS { (a)--() }
DELETE a
RETURN count(*) AS removed
