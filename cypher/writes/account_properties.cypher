// Sets properties of accounts, column by column; a null removes the property.
//
// mode    write
// param   accounts: list[str]
// param   keys: list[str]
// param   values: list[list]
// return  accounts: int
UNWIND range(0, size($accounts) - 1) AS row
MATCH (a:Account {id: $accounts[row]})
FOREACH (k IN range(0, size($keys) - 1) | SET a[$keys[k]] = $values[k][row])
RETURN count(a) AS accounts
