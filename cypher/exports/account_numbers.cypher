// Stored numbers of every account of a network that has the first of them, in the order of ids.
//
// mode    read
// shape   columns
// param   network: str
// param   keys: list[str]
// return  account: str, values: list[float]
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND a[$keys[0]] IS NOT NULL
WITH a ORDER BY a.id
RETURN collect(a.id) AS account, collect([k IN $keys | toFloat(a[k])]) AS values
