// Accounts whose payments climb: each at least a tenth more than the one before.
//
// Consecutive transfers of an account in one asset (side out, in or both; equal times by ledger,
// order, id) climb while the next amount is at least `factor` times the last. Of a climb's runs of
// min_steps transfers or more within `window`, as many as it holds, the longest (then the earliest)
// shows, then the longest of those that share no transfer with one shown, and so on.
// Infrastructure, pseudo accounts and hubs (more than hub_degree counterparties in the range, or in
// a network of 10,000 accounts more than 50 and than hub_percentile of all) are left out.
// accounts: the account, then its counterparties by id. growth: last amount / first. cut counts
// instances past max_per_account of this account and past the limit. Amounts are doubles.
//
// mode    read
// param   side: str = out
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_steps: int = 5
// param   factor: float = 1.1
// param   window: duration = P7D
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  steps: int, growth: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $window).epochMillis AS w
CALL (since, until) {
  MATCH (h:Account) WHERE $network IS NULL OR h.network = $network
  CALL (h, since, until) {
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE o <> h AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h.network AS network, collect([h, degree]) AS every,
       percentileDisc(degree, coalesce($hub_percentile, 1.0)) AS mark
  UNWIND every AS one
  WITH one[0] AS h, one[1] AS degree, size(every) AS accounts, mark
  WHERE degree > $hub_degree OR accounts >= 10000 AND degree >= 50 AND degree > mark
    OR coalesce(h.is_infra, false) OR coalesce(h.kind, '') IN ['pseudo', 'coinbase']
  RETURN collect(h) AS hubs
}
MATCH (v:Account)
WHERE ($network IS NULL OR v.network = $network) AND NOT v IN hubs
  AND COUNT { (v)-[:TRANSFER]-() } >= $min_steps
CALL (v, since, until, w) {
  MATCH (v)-[t:TRANSFER]-(o)
  WHERE o <> v AND t.amount > 0 AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    AND ($side = 'both' OR (startNode(t) = v) = ($side = 'out') AND $side IN ['in', 'out'])
  WITH t, o ORDER BY t.ts, t.ledger, t.ord, t.id
  WITH t.asset AS asset, collect([t, o.id]) AS legs
  WHERE size(legs) >= $min_steps
  WITH asset, legs, [l IN legs | l[0].amount] AS amounts
  WITH *, reduce(starts = [0], i IN range(1, size(legs) - 1) | CASE
    WHEN amounts[i] >= amounts[i - 1] * $factor * (1 - 1e-12)
    THEN starts ELSE starts + [i] END) + [size(legs)] AS starts
  UNWIND range(0, size(starts) - 2) AS i
  WITH asset, legs[starts[i]..starts[i + 1]] AS climb WHERE size(climb) >= $min_steps
  CALL (climb, w) {
    UNWIND range(0, size(climb) - 1) AS first
    WITH first, first + size([l IN climb[first..] WHERE l[0].ts <= climb[first][0].ts + w]) AS end
    WHERE end - first >= $min_steps
    WITH first, end ORDER BY end - first DESC, first
    WITH collect([first, end]) AS spans
    UNWIND reduce(taken = [], s IN spans | CASE
      WHEN all(o IN taken WHERE s[0] >= o[1] OR s[1] <= o[0]) THEN taken + [s] ELSE taken END) AS span
    RETURN climb[span[0]..span[1]] AS run
  }
  WITH asset, run ORDER BY asset, run[0][0].ts, run[0][0].ledger, run[0][0].ord, run[0][0].id
  WITH collect([asset, run]) AS found
  UNWIND found[..$max_per_account] AS r
  RETURN r[0] AS asset, r[1] AS run, CASE WHEN size(found) > $max_per_account
    THEN size(found) - $max_per_account ELSE 0 END AS cut
}
WITH * ORDER BY v.id, asset, run[0][0].ts, run[0][0].ledger, run[0][0].ord, run[0][0].id
WITH collect([v.id, asset, run, cut]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS f
WITH f[0] AS actor, f[1] AS asset, f[2] AS run, f[3] + over AS cut
WITH *, COLLECT { UNWIND run AS l WITH DISTINCT l[1] AS id RETURN id ORDER BY id } AS others
RETURN [actor] + others AS accounts, ['actor'] + [o IN others | 'counterparty'] AS roles,
       [l IN run | l[0].id] AS transfers, reduce(sum = 0.0, l IN run | sum + l[0].amount) AS volume,
       run[0][0].timestamp AS started, run[-1][0].timestamp AS ended, asset, 'temporal' AS variant,
       cut > 0 AS truncated, cut, size(run) AS steps, run[-1][0].amount / run[0][0].amount AS growth
