// Names of the migrations that this database has.
//
// mode    read
// return  name: str
MATCH (m:Migration)
RETURN m.name AS name
ORDER BY name
