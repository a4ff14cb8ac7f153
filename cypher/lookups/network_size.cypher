// How many accounts a network has.
//
// mode    read
// param   network: str
// return  accounts: int
MATCH (a:Account {network: $network})
RETURN count(a) AS accounts
