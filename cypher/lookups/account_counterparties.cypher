// Counterparties of accounts that had dealings with them before a moment; no hub, no
// infrastructure.
//
// A hub has more than hub_degree counterparties.
//
// mode    read
// param   accounts: list[str]
// param   until: datetime
// param   hub_degree: int
// return  account: str, counterparty: str
UNWIND $accounts AS id
MATCH (a:Account {id: id})-[f:FLOW]-(b:Account)
WHERE a <> b AND f.first_timestamp < $until AND NOT coalesce(b.is_infra, false)
  AND NOT coalesce(b.kind, '') IN ['pseudo', 'coinbase']
WITH DISTINCT a, b
WHERE COUNT { (b)-[:FLOW]-() } <= $hub_degree
  OR COUNT { MATCH (b)-[:FLOW]-(c) RETURN DISTINCT c } <= $hub_degree
RETURN a.id AS account, b.id AS counterparty
ORDER BY account, counterparty
