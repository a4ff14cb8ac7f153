// Copies a run's scores onto its accounts as node properties, for Browser and GDS.
//
// The API never reads these copies. Accounts are independent of each other, so two at a time.
//
// mode    write
// param   run: str
// param   property: str
MATCH (:ScoreRun {id: $run})<-[s:SCORED]-(a:Account)
CALL (a, s) {
  SET a[$property] = s.value, a[$property + '_run'] = $run
} IN 2 CONCURRENT TRANSACTIONS OF 10000 ROWS
