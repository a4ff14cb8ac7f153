// Name and identity of the database, for the manifest of an export.
//
// mode    read
// return  name: str, store: str
CALL db.info() YIELD id, name
RETURN name, id AS store
