// Removes a tag.
//
// mode    write
// param   id: str
MATCH (g:Tag {id: $id})
DETACH DELETE g
