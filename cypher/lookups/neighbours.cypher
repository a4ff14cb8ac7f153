// The distinct counterparties of given accounts.
//
// mode    read
// shape   columns
// param   accounts: list[str]
// return  account: str, neighbour: str
UNWIND $accounts AS id
MATCH (a:Account {id: id})
CALL (a) {
  MATCH (a)-[:TRANSFER]-(b)
  WITH DISTINCT b WHERE b <> a
  RETURN collect(b.id) AS found
}
UNWIND found AS other
RETURN collect(a.id) AS account, collect(other) AS neighbour
