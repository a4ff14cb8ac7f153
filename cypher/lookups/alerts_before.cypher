// Alerts of earlier days, and of shorter windows of the day, on the same patterns, oldest first.
//
// Each comes with the transfers it stands on.
//
// mode    read
// param   network: str
// param   processing_date: str
// param   window_days: int
// param   hashes: list[str]
// return  id: str, account: str, typology_type: str, hashes: list[str], transfers: list[str]
MATCH (x:Alert {network: $network})-[:ABOUT]->(a:Account)
WHERE x.status <> 'duplicate' AND (x.processing_date < date($processing_date)
    OR x.processing_date = date($processing_date) AND x.window_days < $window_days)
  AND any(hash IN x.pattern_hashes WHERE hash IN $hashes)
RETURN x.id AS id, a.id AS account, x.typology_type AS typology_type,
       x.pattern_hashes AS hashes, x.transfers AS transfers
ORDER BY x.processing_date, x.window_days, id
