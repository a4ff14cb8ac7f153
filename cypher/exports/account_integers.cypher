// Stored integers of given accounts, exact; an account without the first of them has no row.
//
// mode    read
// shape   columns
// param   accounts: list[str]
// param   keys: list[str]
// return  account: str, values: list[int]
UNWIND $accounts AS id
MATCH (a:Account {id: id}) WHERE a[$keys[0]] IS NOT NULL
RETURN collect(a.id) AS account, collect([k IN $keys | a[k]]) AS values
