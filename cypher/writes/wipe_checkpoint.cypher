// Removes a network's Checkpoint if the network has no account any more; ends a wipe.
//
// mode    write
// param   network: str
// return  removed: int
MATCH (c:Checkpoint {network: $network})
WHERE NOT EXISTS { MATCH (a:Account {network: $network}) }
DETACH DELETE c
RETURN count(*) AS removed
