// Takes the write lock of an entry; what is read of it comes as a statement of its own after it.
//
// mode    write
// param   name: str
MATCH (j:Job {name: $name})
SET j.locked = true
REMOVE j.locked
