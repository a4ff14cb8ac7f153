// Removes one property from the accounts of a range of ids.
//
// mode    write
// param   key: str
// param   first: str
// param   last: str
// return  accounts: int
MATCH (a:Account) USING INDEX a:Account(id)
WHERE a.id >= $first AND a.id <= $last AND a[$key] IS NOT NULL
REMOVE a[$key]
RETURN count(a) AS accounts
