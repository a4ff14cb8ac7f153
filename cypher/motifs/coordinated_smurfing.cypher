// Several accounts pay one that they never dealt with before like amounts within a day.
//
// Of each sender only the first transfer between it and the collector counts, in either direction,
// of any asset and also before the range. A window begins with such a transfer and holds those up
// to `window` after it; it is maximal when the one that begins a transfer earlier ends earlier. Of
// a window's transfers in the order of their amounts every unbroken run of at least min_sources
// counts whose coefficient of variation is below max_cv, so that other payments of the day do not
// hide it. Of a collector's runs the longest (then the earliest window, the smallest amounts) is
// taken, then the longest of those that share no transfer with one taken, and so on.
// Infrastructure, pseudo accounts and hubs are neither collector nor smurf. A hub has more than
// hub_degree counterparties in the range, or, where a network has 10,000 accounts, at least 50 and
// more than the hub_percentile; null is no limit. Of the first transfers into a collector the
// first truncation_limit in truncation_order (ts_desc, amount_desc, ts_asc) are looked at.
// cut: first transfers into the collector that truncation_limit left out, instances of it beyond
// max_per_account, and instances beyond limit.
//
// mode    read
// param   variant: str = temporal
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_sources: int = 5
// param   max_cv: float = 0.2
// param   window: duration = PT24H
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   truncation_order: str = ts_desc
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
// return  cut: int, sources: int, cv: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span
CALL (since, until) {
  MATCH (h:Account)
  WHERE $network IS NULL OR h.network = $network
  WITH h, since, until, COUNT { (h)-[:TRANSFER]-() } AS most,
       coalesce(h.is_infra, false) OR coalesce(h.kind, '') IN ['pseudo', 'coinbase'] AS outside
  CALL (h, since, until, most) {
    WITH * WHERE most > $hub_degree OR most >= 50 AND $hub_percentile < 1
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h.network AS network, count(h) AS size,
       percentileDisc(degree, coalesce($hub_percentile, 1.0)) AS usual,
       collect(CASE WHEN outside OR degree > 0 THEN [h, outside, degree] END) AS rows
  UNWIND rows AS row
  WITH row WHERE row[1] OR row[2] > $hub_degree
    OR size >= 10000 AND row[2] >= 50 AND row[2] > usual AND $hub_percentile < 1
  RETURN collect(row[0]) AS hubs
}
MATCH (v:Account)
WHERE COUNT { (v)<-[:TRANSFER]-() } >= $min_sources AND NOT v IN hubs
  AND ($network IS NULL OR v.network = $network) AND $variant = 'temporal'
CALL (v, since, until, span, hubs) {
  MATCH (v)-[t:TRANSFER]-(u)
  WHERE u <> v AND t.ledger >= 0 AND t.kind <> 'fee' AND NOT u IN hubs
  WITH u, t ORDER BY t.ts, t.ledger, t.ord, startNode(t) = v DESC, t.id
  WITH u, head(collect(t)) AS t
  WHERE endNode(t) = v AND t.ts >= since AND t.ts < until AND t.amount > 0
    AND ($asset IS NULL OR t.asset = $asset) AND t.amount >= $min_amount
  WITH t, u ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -t.amount
      WHEN 'ts_asc' THEN t.ts ELSE -t.ts END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ledger ELSE -t.ledger END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ord ELSE -t.ord END, t.id
  WITH t.asset AS asset, collect([t, u.id]) AS every
  WHERE size(every) >= $min_sources
  WITH asset, size(every[$truncation_limit..]) AS cut, COLLECT {
    UNWIND every[..$truncation_limit] AS leg WITH leg, leg[0] AS t
    RETURN leg ORDER BY t.ts, t.ledger, t.ord, t.id } AS legs
  WITH *, [leg IN legs | leg[0].ts] AS times
  UNWIND range(0, size(legs) - $min_sources) AS i
  WITH * WHERE times[i + $min_sources - 1] <= times[i] + span
  WITH *, i + size([ts IN times[i..] WHERE ts <= times[i] + span]) AS end
  WITH * WHERE i = 0 OR times[i - 1] + span < times[end - 1]
  WITH asset, cut, i, COLLECT { UNWIND legs[i..end] AS leg WITH leg, leg[0] AS t
    RETURN leg ORDER BY t.amount, t.ts, t.ledger, t.ord, t.id } AS legs
  WITH *, reduce(all = [0.0], leg IN legs | all + (all[-1] + leg[0].amount)) AS sums,
       reduce(all = [0.0], leg IN legs | all + (all[-1] + leg[0].amount ^ 2)) AS squares
  UNWIND range(0, size(legs) - $min_sources) AS low
  WITH *, last([high IN range(low + $min_sources, size(legs)) WHERE (high - low)
    * (squares[high] - squares[low]) < (1 + $max_cv ^ 2) * (sums[high] - sums[low]) ^ 2]) AS high
  WHERE high IS NOT NULL
  WITH asset, cut, i, low, COLLECT { UNWIND legs[low..high] AS leg WITH leg, leg[0] AS t
    RETURN leg ORDER BY t.ts, t.ledger, t.ord, t.id } AS legs
  ORDER BY size(legs) DESC, i, low
  WITH asset, cut, collect([leg IN legs | leg[0].id]) AS runs, collect(legs) AS every
  UNWIND reduce(taken = [], k IN range(0, size(runs) - 1) | CASE
    WHEN none(x IN taken WHERE any(id IN runs[k] WHERE id IN runs[x])) THEN taken + [k]
    ELSE taken END) AS k
  WITH asset, cut, every[k] AS legs ORDER BY asset, legs[0][0].ts, legs[0][0].id
  WITH collect([asset, cut, legs]) AS found
  UNWIND found[..$max_per_account] AS row
  RETURN row[0] AS asset, row[2] AS legs, row[1] + size(found[$max_per_account..]) AS cut
}
WITH v, asset, legs, cut ORDER BY v.id, asset, legs[0][0].ts, legs[0][0].id
WITH collect([v.id, asset, legs, cut]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
WITH k, k[2] AS legs, k[3] + beyond AS cut
CALL (legs) {
  UNWIND legs AS leg WITH leg[0] AS t, leg[1] AS u ORDER BY u
  RETURN collect(u) AS smurfs, sum(t.amount) AS volume, stDevP(t.amount) / avg(t.amount) AS cv
}
RETURN [k[0]] + smurfs AS accounts, ['collector'] + [u IN smurfs | 'smurf'] AS roles,
       [leg IN legs | leg[0].id] AS transfers, volume AS volume,
       legs[0][0].timestamp AS started, legs[-1][0].timestamp AS ended, k[1] AS asset,
       $variant AS variant, cut > 0 AS truncated, cut AS cut, size(smurfs) AS sources, cv AS cv
