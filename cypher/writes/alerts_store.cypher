// Writes alerts, what triggers them and whom they are about; status and feedback of old ones stay.
//
// What is open stays open, whatever it repeats. A row is id, processing date, properties, account,
// keys of patterns, status when new.
//
// mode    write
// param   alerts: list[list]
// return  created: int
UNWIND $alerts AS row
MATCH (a:Account {id: row[3]})
MERGE (x:Alert {id: row[0]})
ON CREATE SET x.created_at = datetime(), x.status = row[5], x.status_at = datetime(), x.fresh = true
SET x += row[2], x.processing_date = date(row[1])
SET x.duplicate_of = CASE WHEN x.status = 'open' THEN null ELSE x.duplicate_of END
MERGE (x)-[:ABOUT]->(a)
WITH x, row, x.fresh AS fresh
REMOVE x.fresh
WITH x, row, fresh
CALL (x) {
  MATCH (:Pattern)-[old:TRIGGERS]->(x)
  DELETE old
}
CALL (x, row) {
  UNWIND row[4] AS key
  MATCH (p:Pattern {key: key})
  CREATE (p)-[:TRIGGERS]->(x)
}
RETURN count(fresh) AS created
