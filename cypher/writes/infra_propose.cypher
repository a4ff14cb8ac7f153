// Proposes accounts as infrastructure; what was proposed before and not decided gets new figures.
//
// A row is account, id, network and figures.
//
// mode    write
// param   proposals: list[list]
// param   run: str
UNWIND $proposals AS row
MATCH (a:Account {id: row[0]})
MERGE (p:InfraProposal {id: row[1]})
ON CREATE SET p.state = 'proposed', p.proposed_at = datetime(), p.network = row[2]
SET p += row[3], p.run = $run
MERGE (a)-[:PROPOSED]->(p)
