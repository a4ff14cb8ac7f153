// Accounts in a range of ids, for the comparison with a source.
//
// `linked` accounts have a transfer, `tagged` ones a tag. For nulls see verify_transfers.
//
// mode    read
// shape   columns
// param   after: str
// param   until: str
// param   limit: int = 20000
// return  id: str, network: str, address: str, kind: str, members: str
// return  first_seen: int, last_seen: int, tagged: bool, linked: bool
MATCH (a:Account)
USING INDEX a:Account(id)
WHERE a.id > $after AND a.id < $until
WITH a ORDER BY a.id LIMIT toInteger($limit)
RETURN collect(a.id) AS id,
       collect(coalesce(toStringOrNull(a.network), '')) AS network,
       collect(coalesce(toStringOrNull(a.address), '')) AS address,
       collect(coalesce(toStringOrNull(a.kind), '')) AS kind,
       collect(CASE WHEN a.members IS :: LIST<STRING NOT NULL> NOT NULL
               THEN reduce(text = '', member IN a.members | text + member + ' ')
               ELSE '' END) AS members,
       collect(CASE WHEN a.first_seen IS :: INTEGER NOT NULL THEN a.first_seen
               ELSE -9223372036854775807 END) AS first_seen,
       collect(CASE WHEN a.last_seen IS :: INTEGER NOT NULL THEN a.last_seen
               ELSE -9223372036854775807 END) AS last_seen,
       collect(EXISTS { (a)-[:HAS_TAG]->() }) AS tagged,
       collect(EXISTS { (a)-[:TRANSFER]-() }) AS linked
