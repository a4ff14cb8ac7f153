// Leiden communities of a projection, reproducible by the seed; a larger gamma makes smaller ones.
//
// mode    read
// param   name: str
// param   gamma: float
// return  account: str, community: int
CALL gds.leiden.stream($name, {randomSeed: 42, concurrency: 1, gamma: $gamma})
YIELD nodeId, communityId
RETURN gds.util.asNode(nodeId).id AS account, communityId AS community
ORDER BY account
