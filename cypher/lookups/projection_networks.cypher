// The networks that have been loaded.
//
// mode    read
// return  network: str
MATCH (c:Checkpoint)
RETURN c.network AS network
ORDER BY network
