// Moves a number of the accounts of a range of ids to another property, multiplied by a factor.
//
// Without its old name the number is not multiplied twice when the statement runs again.
//
// mode    write
// param   old: str
// param   key: str
// param   factor: float
// param   first: str
// param   last: str
// return  accounts: int
MATCH (a:Account) USING INDEX a:Account(id)
WHERE a.id >= $first AND a.id <= $last AND a[$old] IS NOT NULL
SET a[$key] = a[$old] * $factor
REMOVE a[$old]
RETURN count(a) AS accounts
