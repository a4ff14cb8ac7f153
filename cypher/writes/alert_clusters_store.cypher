// Writes clusters and puts their alerts into them.
//
// A row is id, processing date, properties, ids of the alerts.
//
// mode    write
// param   clusters: list[list]
UNWIND $clusters AS row
MERGE (c:AlertCluster {id: row[0]})
SET c += row[2], c.processing_date = date(row[1])
WITH c, row
UNWIND row[3] AS id
MATCH (x:Alert {id: id})
MERGE (x)-[:IN_CLUSTER]->(c)
