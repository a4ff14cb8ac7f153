// How many transfers accounts have in a range, both ways, of all assets.
//
// mode    read
// param   accounts: list[str]
// param   since: datetime
// param   until: datetime
// return  account: str, transfers: int
UNWIND $accounts AS id
MATCH (a:Account {id: id})
RETURN id AS account, COUNT {
  MATCH (a)-[t:TRANSFER]-()
  WHERE t.ts >= $since.epochMillis AND t.ts < $until.epochMillis AND t.ledger >= 0
    AND t.kind <> 'fee'
} AS transfers
