// Every property of one account.
//
// mode    read
// param   account: str
// return  properties: map
MATCH (a:Account {id: $account})
RETURN properties(a) AS properties
