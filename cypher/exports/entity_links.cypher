// Links between accounts of one entity that count, as columns.
//
// Those of at least the confidence count by themselves, weaker ones once a person accepted them;
// none that a person cut.
//
// mode    read
// shape   columns
// param   network: str
// param   automatic: float
// return  source: str, target: str
MATCH (a:Account)-[l:SAME_ENTITY]->(b:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND (l.state = 'accepted' OR l.state = 'found' AND l.confidence >= $automatic)
RETURN collect(a.id) AS source, collect(b.id) AS target
