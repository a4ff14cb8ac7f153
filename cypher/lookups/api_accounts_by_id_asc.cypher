// A page of accounts in ascending order of their ids, read from the unique index.
//
// `lower` and `upper` are exclusive; a network's ids lie between `network:` and `network;`.
//
// mode    read
// param   lower: str
// param   upper: str
// param   network: str = null
// param   kind: str = null
// param   is_infra: bool = null
// param   seen_since: int = null
// param   seen_until: int = null
// param   tag: str = null
// param   features: list[str] = []
// param   minima: list[float] = []
// param   maxima: list[float] = []
// param   score_run: str = null
// param   score_min: float = -inf
// param   score_max: float = inf
// param   limit: int
// return  id: str, network: str, address: str, kind: str, first_seen: int, last_seen: int,
// return  is_infra: bool, key: any
MATCH (a:Account)
WHERE a.id > $lower AND a.id < $upper
  AND ($network IS NULL OR a.network = $network)
  AND ($kind IS NULL OR a.kind = $kind)
  AND ($is_infra IS NULL OR coalesce(a.is_infra, false) = $is_infra)
  AND ($seen_since IS NULL OR a.last_seen >= $seen_since)
  AND ($seen_until IS NULL OR a.first_seen <= $seen_until)
  AND ($tag IS NULL OR EXISTS { (a)-[:HAS_TAG]->(t:Tag) WHERE $tag IN [t.category, t.id] })
  AND all(i IN range(0, size($features) - 1)
          WHERE a[$features[i]] >= $minima[i] AND a[$features[i]] <= $maxima[i])
  AND ($score_run IS NULL OR EXISTS {
    (a)-[x:SCORED {run: $score_run}]->() WHERE x.value >= $score_min AND x.value <= $score_max
  })
RETURN a.id AS id, a.network AS network, a.address AS address, a.kind AS kind,
       a.first_seen AS first_seen, a.last_seen AS last_seen, a.is_infra AS is_infra, null AS key
ORDER BY a.id
LIMIT $limit
