// Sets properties of accounts, a map for each; a null removes the property.
//
// A map takes half to two thirds of the time of properties named by a parameter, as `SET a[$key]`.
//
// mode    write
// param   accounts: list[str]
// param   properties: list[map]
// return  accounts: int
UNWIND range(0, size($accounts) - 1) AS row
MATCH (a:Account {id: $accounts[row]})
SET a += $properties[row]
RETURN count(a) AS accounts
