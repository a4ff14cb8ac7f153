// Links between accounts of one entity that count, as columns.
//
// Those that the job found sure enough count by themselves, others once a person accepted them;
// none that a person cut.
//
// mode    read
// shape   columns
// param   network: str
// return  source: str, target: str
MATCH (a:Account)-[l:SAME_ENTITY]->(b:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND (l.state = 'accepted' OR l.state = 'found' AND l.automatic)
RETURN collect(a.id) AS source, collect(b.id) AS target
