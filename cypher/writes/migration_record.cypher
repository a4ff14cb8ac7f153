// Records a migration as applied.
//
// mode    write
// param   name: str
MERGE (m:Migration {name: $name})
ON CREATE SET m.applied = datetime()
