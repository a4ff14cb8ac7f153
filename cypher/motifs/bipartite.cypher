// Most of one group of accounts pay most of another.
//
// A window begins with a transfer and holds those up to `window` after it. Its candidates: the
// accounts that pay the transfer's receiver; the receivers that at least min_partners of these pay;
// and all that pay at least min_partners of those receivers. While fewer than min_density of the
// pairs of both sides are there, or a side has more than max_side, all accounts with the smallest
// share of the other side as partners are left out at once; those with fewer than min_partners go
// first. What is left counts if both sides have at least min_side accounts and the transfer that
// began the window is in it. Names decide nothing; even sides that are too large leave nothing.
// Of the windows of an asset the one with most transfers (then the earliest, then the receiver's
// id) is taken, then of those that share no transfer with one taken, and so on. `density` is the
// share of the pairs that are there, all their transfers in the window are the evidence.
// Infrastructure, pseudo accounts and hubs take no part. A hub has more than hub_degree
// counterparties in the range, or, where a network has 10,000 accounts, at least 50 and more than
// the hub_percentile; null is no limit. Of the transfers into a window's first receiver the first
// truncation_limit in truncation_order (ts_desc, amount_desc, ts_asc) are looked at; what else is
// read only hub_degree bounds.
// cut: transfers into the first receiver that truncation_limit left out, instances of it beyond
// max_per_account, and instances beyond limit.
//
// mode    read
// param   variant: str = temporal
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_side: int = 3
// param   max_side: int = 20
// param   min_density: float = 0.6
// param   min_partners: int = 2
// param   window: duration = P14D
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   truncation_order: str = ts_desc
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
// return  cut: int, sources: int, destinations: int, density: float
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
WHERE COUNT { (v)<-[:TRANSFER]-() } >= $min_partners AND NOT v IN hubs
  AND ($network IS NULL OR v.network = $network) AND $variant = 'temporal'
CALL (v, since, until, span, hubs) {
  MATCH (v)<-[t:TRANSFER]-(u)
  WHERE u <> v AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    AND NOT u IN hubs
  WITH t, u ORDER BY CASE $truncation_order WHEN 'amount_desc' THEN -t.amount
      WHEN 'ts_asc' THEN t.ts ELSE -t.ts END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ledger ELSE -t.ledger END,
    CASE $truncation_order WHEN 'ts_asc' THEN t.ord ELSE -t.ord END, t.id
  WITH t.asset AS asset, collect([t.ts, u]) AS every
  WITH asset, every[..$truncation_limit] AS legs, size(every[$truncation_limit..]) AS cut, until
  UNWIND legs AS leg
  WITH DISTINCT asset, legs, cut, leg[0] AS low, until
  WITH *, CASE WHEN until - low > span THEN low + span ELSE until - 1 END AS high
  UNWIND legs AS leg
  WITH asset, cut, low, high, leg WHERE leg[0] >= low AND leg[0] <= high
  WITH asset, cut, low, high, collect(DISTINCT leg[1]) AS payers
  WHERE size(payers) >= $min_partners
  CALL (asset, low, high, payers, hubs) {
    UNWIND payers AS a
    MATCH (a)-[t:TRANSFER]->(c)
    WHERE t.asset = asset AND t.ts >= low AND t.ts <= high AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
    WITH c, hubs, payers, count(DISTINCT a) AS common
    WHERE common >= $min_partners AND NOT c IN payers AND NOT c IN hubs
    WITH c, common ORDER BY common DESC
    WITH collect([c, common]) AS every
    RETURN [r IN every WHERE size(every) <= $max_side OR r[1] > every[$max_side][1] | r[0]]
      AS seconds
  }
  WITH * WHERE size(seconds) >= $min_side AND v IN seconds
  CALL (asset, low, high, seconds, hubs) {
    UNWIND seconds AS c
    MATCH (c)<-[t:TRANSFER]-(a)
    WHERE t.asset = asset AND t.ts >= low AND t.ts <= high AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
    WITH a, seconds, hubs, collect(DISTINCT c) AS paid
    WHERE size(paid) >= $min_partners AND NOT a IN seconds AND NOT a IN hubs
    WITH a, paid ORDER BY size(paid) DESC
    WITH collect([a, paid]) AS every
    RETURN [r IN every WHERE size(every) <= $max_side OR size(r[1]) > size(every[$max_side][1])]
      AS rows
  }
  WITH * WHERE size(rows) >= $min_side
  // [rows of sources with those they pay, destinations, whether it is finished]
  WITH *, reduce(s = [rows, seconds, false], n IN range(0, size(rows) + size(seconds)) |
    CASE WHEN s[2] THEN s ELSE head([z IN [[
      [r IN s[0] | CASE WHEN size(r[1]) < $min_partners THEN 0.0
        ELSE toFloat(size(r[1])) / size(s[1]) END],
      [p IN [b IN s[1] | size([r IN s[0] WHERE b IN r[1]])] | CASE WHEN p < $min_partners THEN 0.0
        ELSE toFloat(p) / size(s[0]) END]]] |
      head([w IN [reduce(m = 1.0, p IN z[0] + z[1] | CASE WHEN p < m THEN p ELSE m END)] |
        CASE WHEN size(s[0]) < $min_side OR size(s[1]) < $min_side
          OR w > 0 AND reduce(d = 0, r IN s[0] | d + size(r[1]))
            >= ($min_density - 1e-9) * size(s[0]) * size(s[1])
        THEN [s[0], s[1], true]
        ELSE head([kept IN [[i IN range(0, size(s[1]) - 1) WHERE z[1][i] > w | s[1][i]]] |
          [[i IN range(0, size(s[0]) - 1) WHERE z[0][i] > w |
            [s[0][i][0], [b IN s[0][i][1] WHERE b IN kept]]], kept, false]]) END])]) END) AS s
  WITH asset, cut, low, high, [r IN s[0] | r[0]] AS sources, s[1] AS targets,
       reduce(d = 0, r IN s[0] | d + size(r[1])) AS pairs
  WHERE size(sources) >= $min_side AND size(targets) >= $min_side AND v IN targets
  CALL (v, asset, low, high, sources, targets) {
    UNWIND sources AS a
    MATCH (a)-[t:TRANSFER]->(b)
    WHERE t.asset = asset AND t.ts >= low AND t.ts <= high AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount AND b IN targets
    WITH v, low, t, b ORDER BY t.ts, t.ledger, t.ord, t.id
    WITH low, collect(t) AS legs, collect(CASE WHEN b = v THEN t.ts END)[0] AS first
    WITH legs WHERE first = low
    RETURN legs
  }
  RETURN asset, cut, low, sources, targets, legs,
         toFloat(pairs) / (size(sources) * size(targets)) AS density
}
WITH * ORDER BY size(legs) DESC, low, v.id
WITH asset, collect([v.id, asset, cut, [a IN sources | a.id], [b IN targets | b.id], legs, density,
  [t IN legs | t.id]]) AS windows
UNWIND reduce(taken = [], w IN windows | CASE
  WHEN none(x IN taken WHERE any(id IN w[7] WHERE id IN x[7])) THEN taken + [w] ELSE taken END) AS w
WITH w ORDER BY w[0], w[1], w[5][0].ts
WITH w[0] AS v, collect(w) AS found
WITH *, size(found[$max_per_account..]) AS more
UNWIND found[..$max_per_account] AS w
WITH collect([w, w[2] + more]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
WITH k[0] AS w, k[0][5] AS legs, k[1] + beyond AS cut
WITH *, COLLECT { UNWIND w[3] AS id RETURN id ORDER BY id } AS sources,
     COLLECT { UNWIND w[4] AS id RETURN id ORDER BY id } AS targets
RETURN sources + targets AS accounts,
       [a IN sources | 'source'] + [b IN targets | 'destination'] AS roles,
       [t IN legs | t.id] AS transfers, reduce(sum = 0.0, t IN legs | sum + t.amount) AS volume,
       legs[0].timestamp AS started, legs[-1].timestamp AS ended, w[1] AS asset,
       $variant AS variant, cut > 0 AS truncated, cut AS cut, size(sources) AS sources,
       size(targets) AS destinations, w[6] AS density
