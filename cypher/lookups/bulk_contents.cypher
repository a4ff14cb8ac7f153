// What the graph holds: accounts and transfers by network, and other nodes by label.
//
// mode    read
// return  what: str, nodes: int, transfers: int
CALL () {
  MATCH (a:Account)
  RETURN a.network AS what, count(a) AS nodes, sum(COUNT { (a)-[:TRANSFER]->() }) AS transfers
  UNION ALL
  MATCH (n)
  WHERE NOT n:Account AND NOT n:Migration AND NOT n:ApiKey AND NOT n:LoadBatch
        AND NOT n:Checkpoint
  RETURN labels(n)[0] AS what, count(n) AS nodes, null AS transfers
}
RETURN what, nodes, transfers ORDER BY transfers IS NULL, what
