// Stores a new API key; of its secret only the hash.
//
// mode    write
// param   id: str
// param   hash: str
// param   scopes: list[str]
// param   name: str
// return  id: str
MERGE (k:ApiKey {id: $id})
ON CREATE SET k.hash = $hash, k.scopes = $scopes, k.name = $name, k.created = datetime()
RETURN k.id AS id
