// Seals a run and points the model at it, in one statement: readers see all of it or none.
//
// The run that was active becomes retired; its scores stay.
//
// mode    write
// param   run: str
// param   accounts: int
// param   hash: str
// return  previous: str
MATCH (r:ScoreRun {id: $run})
MATCH (m:Model {name: r.model})
SET m.locked = $run
WITH m, r
OPTIONAL MATCH (m)-[old:ACTIVE_RUN]->(before:ScoreRun)
WHERE before <> r
SET before.state = 'retired'
DELETE old
WITH m, r, before
MERGE (m)-[:ACTIVE_RUN]->(r)
SET r.state = 'active', r.accounts = $accounts, r.hash = $hash, r.prev_hash = before.hash,
    r.finished = datetime()
REMOVE m.locked
RETURN before.id AS previous
