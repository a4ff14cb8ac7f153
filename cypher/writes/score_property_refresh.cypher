// Copies a run's scores onto its accounts as node properties, for Browser and GDS.
//
// The API never reads these copies. Accounts are independent of each other, so two at a time.
//
// mode    write
// param   run: str
// param   property: str
// param   run_property: str
MATCH (:ScoreRun {id: $run})<-[s:SCORED]-(a)
WITH a, s.value AS value
CALL (a, value) {
  SET a[$property] = value, a[$run_property] = $run
} IN 2 CONCURRENT TRANSACTIONS OF 5000 ROWS
