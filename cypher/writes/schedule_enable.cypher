// Lets an entry run in its turn, or stops it from doing so.
//
// mode    write
// param   name: str
// param   enabled: bool
// return  name: str
MATCH (j:Job {name: $name})
SET j.enabled = $enabled
RETURN j.name AS name
