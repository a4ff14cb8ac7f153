// Removes links that the newest run no longer found, but for those a person decided about.
//
// mode    write
// param   network: str
// param   run: str
// return  removed: int
MATCH (a:Account)-[l:SAME_ENTITY]->()
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND l.run <> $run AND l.state = 'found'
WITH l LIMIT 10000
DELETE l
RETURN count(*) AS removed
