// Writes patterns and who takes part in them; one that is there already gets new content.
//
// A row is key, processing date, properties, account ids and their roles.
//
// mode    write
// param   patterns: list[list]
UNWIND $patterns AS row
MERGE (p:Pattern {key: row[0]})
SET p = row[2]
SET p.processing_date = date(row[1]), p.detection_timestamp = datetime()
WITH p, row
CALL (p) {
  MATCH (:Account)-[old:INVOLVED_IN]->(p)
  DELETE old
}
UNWIND range(0, size(row[3]) - 1) AS position
MATCH (a:Account {id: row[3][position]})
CREATE (a)-[:INVOLVED_IN {role: row[4][position], position: position}]->(p)
