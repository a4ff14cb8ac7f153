// What part of the ledger the values came from that runs replaced, where it was another.
//
// Jobs that write account properties keep one set of values; those of a batch keep every batch's.
// Empty texts are open ends.
//
// mode    read
// param   runs: list[str]
// return  job: str, asset: str, since: str, until: str
MATCH (r:JobRun) WHERE r.id IN $runs AND r.state = 'sealed'
  AND NOT r.job IN ['patterns', 'alerts', 'alert_clusters']
CALL (r) {
  MATCH (old:JobRun {job: r.job, network: r.network, state: 'sealed'})
  WHERE old.started < r.started
  RETURN old ORDER BY old.started DESC LIMIT 1
}
WITH r, old WHERE old.key <> r.key
RETURN r.job AS job, old.asset AS asset,
       coalesce(left(toString(old.window_start), 16), '') AS since,
       coalesce(left(toString(old.window_end), 16), '') AS until
ORDER BY job
