// How many scores of a run are in the graph.
//
// mode    read
// param   run: str
// return  accounts: int
MATCH (r:ScoreRun {id: $run})
RETURN COUNT { (r)<-[:SCORED]-() } AS accounts
