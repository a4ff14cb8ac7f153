// Removes the entries that the schedule no longer has; the records of their runs stay.
//
// mode    write
// param   names: list[str]
MATCH (j:Job)
WHERE NOT j.name IN $names
DELETE j
