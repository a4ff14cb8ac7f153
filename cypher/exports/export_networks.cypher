// Networks that have accounts.
//
// mode    read
// return  network: str, accounts: int
MATCH (a:Account)
RETURN a.network AS network, count(*) AS accounts
ORDER BY network
