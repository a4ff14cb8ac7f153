// Whether any account has the feature.
//
// mode    read
// param   feature: str
// return  found: bool
OPTIONAL MATCH (a:Account)
WHERE a[$feature] IS NOT NULL
WITH a LIMIT 1
RETURN a IS NOT NULL AS found
