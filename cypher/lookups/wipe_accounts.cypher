// Some accounts of a network.
//
// mode    read
// param   network: str
// param   limit: int
// return  account: str
MATCH (a:Account {network: $network})
RETURN a.id AS account LIMIT $limit
