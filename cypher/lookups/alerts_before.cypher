// Earlier alerts on the same patterns, each with the transfers it stands on, oldest first.
//
// mode    read
// param   network: str
// param   processing_date: str
// param   hashes: list[str]
// return  id: str, account: str, typology_type: str, hashes: list[str], transfers: list[str]
MATCH (x:Alert {network: $network})-[:ABOUT]->(a:Account)
WHERE x.processing_date < date($processing_date) AND x.status <> 'duplicate'
  AND any(hash IN x.pattern_hashes WHERE hash IN $hashes)
RETURN x.id AS id, a.id AS account, x.typology_type AS typology_type,
       x.pattern_hashes AS hashes, x.transfers AS transfers
ORDER BY x.processing_date, id
