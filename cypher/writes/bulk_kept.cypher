// Puts nodes that were carried over into a new store.
//
// mode    write
// param   nodes: list[list]
UNWIND $nodes AS row
FOREACH (properties IN CASE row[0] WHEN 'ApiKey' THEN [row[1]] ELSE [] END |
  MERGE (n:ApiKey {id: properties.id}) SET n = properties)
FOREACH (properties IN CASE row[0] WHEN 'LoadBatch' THEN [row[1]] ELSE [] END |
  MERGE (n:LoadBatch {id: properties.id}) SET n = properties)
