// The database's numbers of the accounts from one id to another, in the order of their ids.
//
// mode    read
// shape   columns
// param   first: str
// param   last: str
// param   limit: int
// return  account: str, number: int
MATCH (a:Account)
USING INDEX a:Account(id)
WHERE a.id >= $first AND a.id <= $last
WITH a ORDER BY a.id LIMIT toInteger($limit)
RETURN collect(a.id) AS account, collect(id(a)) AS number
