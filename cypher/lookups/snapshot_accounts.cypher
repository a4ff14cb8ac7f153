// Accounts of a network, those with a transfer in a range, and their ordered pairs.
//
// Half-open window [since, until) in epoch milliseconds; fees and unconfirmed transfers stay out.
// A transfer to oneself makes no pair.
//
// mode    read
// param   network: str
// param   since: int
// param   until: int
// return  accounts: int, active: int, pairs: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
CALL (a) {
  MATCH (a)-[t:TRANSFER]->(b)
  WHERE coalesce(t.ledger, -1) >= 0 AND t.ts >= $since AND t.ts < $until AND t.kind <> 'fee'
  RETURN count(DISTINCT CASE WHEN b <> a THEN b END) AS receivers, count(*) AS sent
}
WITH a, receivers, sent > 0 OR EXISTS {
  MATCH (a)<-[t:TRANSFER]-()
  WHERE coalesce(t.ledger, -1) >= 0 AND t.ts >= $since AND t.ts < $until AND t.kind <> 'fee'
} AS active
RETURN count(*) AS accounts, count(CASE WHEN active THEN 1 END) AS active, sum(receivers) AS pairs
