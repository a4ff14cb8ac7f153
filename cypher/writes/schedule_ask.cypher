// Asks for a run of an entry out of turn; a scheduler begins it at its next look.
//
// mode    write
// param   name: str
// return  name: str
MATCH (j:Job {name: $name})
SET j.asked = datetime()
RETURN j.name AS name
