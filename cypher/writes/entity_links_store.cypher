// Writes links between accounts of one entity; what a person decided about one stays.
//
// A row is the smaller account id, the larger, rule, confidence, evidence, number of occurrences.
// From the confidence `automatic` on, a link counts without a person.
//
// mode    write
// param   links: list[list]
// param   run: str
// param   automatic: float
UNWIND $links AS row
MATCH (a:Account {id: row[0]})
MATCH (b:Account {id: row[1]})
MERGE (a)-[l:SAME_ENTITY {rule: row[2]}]->(b)
ON CREATE SET l.state = 'found'
SET l.confidence = row[3], l.evidence = row[4], l.times = row[5], l.run = $run,
    l.automatic = row[3] >= $automatic
