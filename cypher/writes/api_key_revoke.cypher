// Revokes an API key; its first revocation counts.
//
// mode    write
// param   id: str
// return  id: str, revoked: datetime
MATCH (k:ApiKey {id: $id})
SET k.revoked = coalesce(k.revoked, datetime())
RETURN k.id AS id, k.revoked AS revoked
