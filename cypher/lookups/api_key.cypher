// One API key by its public id.
//
// mode    read
// param   id: str
// return  hash: str, scopes: list[str], name: str
MATCH (k:ApiKey {id: $id})
WHERE k.revoked IS NULL
RETURN k.hash AS hash, k.scopes AS scopes, k.name AS name
