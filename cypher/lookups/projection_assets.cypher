// How many assets a network's transfers move, and which the first one is.
//
// mode    read
// param   network: str
// return  assets: int, first: str
MATCH (s:Asset {network: $network})
RETURN count(s) AS assets, min(s.id) AS first
