// Ends the transactions of a run: those that carry its id, and GDS on its projection.
//
// `projection` begins the names of projections; ids of runs follow. A projection is always left to
// be dropped.
//
// mode    write
// param   run: str
// param   projection: str
// return  ended: int
SHOW TRANSACTIONS YIELD transactionId AS id, metaData, parameters, currentQuery
WHERE (metaData.run = $run OR any(key IN keys(parameters) WHERE parameters[key]
  STARTS WITH $projection AND parameters[key] CONTAINS $run))
  AND NOT currentQuery CONTAINS 'gds.graph.drop' AND NOT currentQuery STARTS
  WITH 'SHOW TRANSACTIONS'
TERMINATE TRANSACTIONS id YIELD message
RETURN count(*) AS ended
