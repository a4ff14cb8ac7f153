// Proposals to treat accounts as infrastructure, by their rank; only some states, or one account.
//
// mode    read
// param   network: str = null
// param   state: str = null
// param   account: str = null
// param   after: str = null
// param   rank: int = 0
// param   limit: int = 100
// return  id: str, account: str, network: str, state: str, in_degree: int, out_degree: int
// return  degree_rank: int, betweenness: float, betweenness_rank: int, entropy: float
// return  entropy_rank: int, version: int, decided_by: str, decided_at: datetime, reason: str
// return  proposed_at: datetime
MATCH (a:Account)-[:PROPOSED]->(p:InfraProposal)
WHERE ($network IS NULL OR p.network = $network) AND ($state IS NULL OR p.state = $state)
  AND ($account IS NULL OR a.id = $account)
  AND ($after IS NULL OR p.degree_rank > $rank OR (p.degree_rank = $rank AND p.id > $after))
RETURN p.id AS id, a.id AS account, p.network AS network, p.state AS state,
       p.in_degree AS in_degree, p.out_degree AS out_degree, p.degree_rank AS degree_rank,
       p.betweenness AS betweenness, p.betweenness_rank AS betweenness_rank,
       p.entropy AS entropy, p.entropy_rank AS entropy_rank, p.version AS version,
       p.decided_by AS decided_by, p.decided_at AS decided_at, p.reason AS reason,
       p.proposed_at AS proposed_at
ORDER BY degree_rank, id LIMIT $limit
