// Authority and hub score of every account of a projection, as columns.
//
// gds.hits.write and .mutate of GDS 2.13.9 put the authority into both properties; stream does not.
//
// mode    read
// shape   columns
// param   name: str
// param   iterations: int
// return  account: str, infra: bool, authority: float, hub: float
CALL gds.hits.stream($name, {hitsIterations: $iterations, concurrency: 4}) YIELD nodeId, values
WITH gds.util.asNode(nodeId) AS a, values ORDER BY a.id
RETURN collect(a.id) AS account, collect(coalesce(a.is_infra, false)) AS infra,
       collect(values.auth) AS authority, collect(values.hub) AS hub
