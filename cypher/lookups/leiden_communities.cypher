// Leiden communities of a projection, reproducible by the seed; a larger gamma makes smaller ones.
//
// No row where every account is a community of its own: GDS 2.13.9 fails to stream these, so they
// are counted first.
//
// mode    read
// param   name: str
// param   gamma: float
// return  account: str, community: int
CALL gds.leiden.stats($name, {randomSeed: 42, concurrency: 1, gamma: $gamma})
YIELD communityCount, nodeCount
WITH * WHERE communityCount < nodeCount
CALL gds.leiden.stream($name, {randomSeed: 42, concurrency: 1, gamma: $gamma})
YIELD nodeId, communityId
RETURN gds.util.asNode(nodeId).id AS account, communityId AS community
ORDER BY account
