// Creates or renews tags of accounts that exist; an address without account is passed over.
//
// The rest of a tag is what was said last; it is known since it was first published.
//
// mode    write
// param   tags: list[list]
// return  id: str, created: bool
UNWIND $tags AS row
MATCH (a:Account {id: row[0]})
OPTIONAL MATCH (old:Tag {id: row[1]})
WITH a, row, old IS NULL AS created
MERGE (t:Tag {id: row[1]})
MERGE (a)-[:HAS_TAG]->(t)
SET t.known_from = CASE
      WHEN t.known_from IS NOT NULL AND t.known_from.epochMillis <= row[10] THEN t.known_from
      ELSE datetime({epochMillis: row[10]}) END,
    t.network = row[2], t.label = row[3], t.category = row[4], t.subcategory = row[5],
    t.risk_level = row[6], t.trust_level = row[7], t.confidence = row[8], t.source = row[9],
    t.valid_from = CASE WHEN row[11] IS NOT NULL THEN datetime({epochMillis: row[11]}) END,
    t.expires_at = CASE WHEN row[12] IS NOT NULL THEN datetime({epochMillis: row[12]}) END,
    t.evidence_url = row[13]
RETURN t.id AS id, created
