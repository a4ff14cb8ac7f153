// Every API key, newest first, without its hash.
//
// mode    read
// return  id: str, name: str, scopes: list[str], created: datetime, revoked: datetime
MATCH (k:ApiKey)
RETURN k.id AS id, k.name AS name, k.scopes AS scopes, k.created AS created, k.revoked AS revoked
ORDER BY created DESC, id
