// The links of an account's entity, or of the account where it has none, with their reasons.
//
// mode    read
// param   account: str
// return  source: str, target: str, rule: str, state: str, confidence: float, evidence: list[str]
// return  times: int, decided_by: str, decided_at: datetime, reason: str, entity: str
MATCH (a:Account {id: $account})
CALL (a) {
  MATCH (a)-[l:SAME_ENTITY]-(:Account) RETURN l
  UNION
  MATCH (b:Account {entity: a.entity, network: a.network})-[l:SAME_ENTITY]-(:Account) RETURN l
}
WITH DISTINCT a, l
RETURN startNode(l).id AS source, endNode(l).id AS target, l.rule AS rule, l.state AS state,
       l.confidence AS confidence, l.evidence AS evidence, l.times AS times,
       l.decided_by AS decided_by, l.decided_at AS decided_at, l.reason AS reason,
       a.entity AS entity
ORDER BY source, target, rule
