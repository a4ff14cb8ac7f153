// How many transfers a network has in [since, until), epoch milliseconds; fees too.
//
// mode    read
// param   network: str
// param   since: int
// param   until: int
// return  transfers: int
MATCH (a:Account {network: $network})-[t:TRANSFER]->()
WHERE t.ledger >= 0 AND t.ts >= $since AND t.ts < $until
RETURN count(*) AS transfers
