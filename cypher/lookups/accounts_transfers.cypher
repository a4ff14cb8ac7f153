// How many transfers accounts have in a range, and before its end, both ways, of all assets.
//
// mode    read
// param   accounts: list[str]
// param   since: datetime
// param   until: datetime
// return  account: str, transfers: int, ever: int
UNWIND $accounts AS id
MATCH (a:Account {id: id})
CALL (a) {
  MATCH (a)-[t:TRANSFER]-()
  WHERE t.ts < $until.epochMillis AND t.ledger >= 0 AND t.kind <> 'fee'
  RETURN count(CASE WHEN t.ts >= $since.epochMillis THEN 1 END) AS transfers, count(*) AS ever
}
RETURN id AS account, transfers, ever
