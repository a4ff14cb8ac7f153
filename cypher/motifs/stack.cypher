// Most of one group of accounts pay most of a second, and later most of these most of a third.
//
// A window begins with a transfer and holds those up to `window` after it. Its candidates: the
// accounts that pay the transfer's receiver; the intermediaries that at least min_partners of these
// pay; all that pay at least min_partners of the intermediaries; and the destinations that at least
// min_partners of the intermediaries pay, each after a transfer that it got from a candidate
// (larger ts, ledger, ord; larger ts, ledger where the order inside the ledger is unknown); of each
// the max_side with most such partners, of equal ones all or none. While fewer than min_density of
// the pairs of a layer are there, all accounts with the smallest share of a neighbouring side as
// partners are left out at once; those with fewer than min_partners go first. What is left counts
// if all sides have at least min_side accounts, a transfer that began the window is in it and both
// layers keep min_density when only transfers from the sources left precede. Names decide nothing.
// conserving: the second layer's sum by the first one's lies in [retention_min, retention_max]; the
// sums are compared in base units, digit by digit where floats are closer than 1e-9; the band's
// ends count to six decimals; a sum with an unknown amount is in no band. temporal: without that.
// Of the windows of an asset the one with most transfers (then the earliest, then the receiver's
// id) is taken, then of those that share no transfer with one taken, and so on. `density` is the
// smaller of the layers' shares of pairs that are there.
// Infrastructure, pseudo accounts and hubs take no part. A hub has more than hub_degree
// counterparties in the range, or, where a network has 10,000 accounts, at least 50 and more than
// the hub_percentile; null is no limit. Of the transfers into a window's first receiver the first
// truncation_limit in truncation_order (ts_desc, amount_desc, ts_asc) are looked at; what else is
// read only hub_degree bounds.
// cut: transfers into the first receiver that truncation_limit left out, instances of it beyond
// max_per_account, and instances beyond limit.
//
// mode    read
// param   variant: str = conserving
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
// param   retention_min: float = 0.80
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   truncation_order: str = ts_desc
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int, sources: int, intermediaries: int, destinations: int
// return  density: float
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
  AND ($network IS NULL OR v.network = $network) AND $variant IN ['temporal', 'conserving']
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
    WITH a, seconds, hubs, collect(DISTINCT c) AS paid, collect([c, t]) AS got
    WHERE size(paid) >= $min_partners AND NOT a IN seconds AND NOT a IN hubs
    WITH a, paid, got ORDER BY size(paid) DESC
    WITH collect([a, paid, got]) AS every
    UNWIND [r IN every WHERE size(every) <= $max_side OR size(r[1]) > size(every[$max_side][1])]
      AS row
    UNWIND row[2] AS leg
    WITH leg[0] AS c, collect(DISTINCT row[0]) AS ins, collect(leg[1]) AS got
    RETURN collect([c, ins, got]) AS rows
  }
  WITH *, reduce(all = [], r IN rows | all + [a IN r[1] WHERE NOT a IN all]) AS firsts
  WITH * WHERE size(rows) >= $min_side AND size(firsts) >= $min_side
  CALL (asset, low, high, seconds, firsts, rows, hubs) {
    UNWIND rows AS row
    WITH row[0] AS m, row[1] AS ins, row[2] AS got, asset, low, high, seconds, firsts, hubs
    CALL (m, got, asset, low, high, seconds, firsts, hubs) {
      MATCH (m)-[o:TRANSFER]->(c)
      WHERE o.asset = asset AND o.ts >= low AND o.ts <= high AND o.ledger >= 0
        AND o.kind <> 'fee' AND coalesce(o.amount, 0) >= $min_amount
        AND NOT c IN seconds AND NOT c IN firsts AND NOT c IN hubs AND any(t IN got
        WHERE (o.ts > t.ts OR o.ts = t.ts AND (o.ledger > t.ledger
          OR o.ledger = t.ledger
          AND CASE WHEN 'order_unknown' IN coalesce(o.flags, []) + coalesce(t.flags, [])
          THEN $allow_same_ledger ELSE o.ord > t.ord END)))
      RETURN collect(DISTINCT c) AS outs
    }
    RETURN collect([m, ins, outs]) AS middle
  }
  WITH *, reduce(all = [], r IN middle | all + [b IN r[2] WHERE NOT b IN all]) AS thirds
  WITH *, COLLECT { UNWIND thirds AS b
    WITH b, size([r IN middle WHERE b IN r[2]]) AS common WHERE common >= $min_partners
    RETURN [b, common] ORDER BY common DESC } AS every
  WITH *, [r IN every WHERE size(every) <= $max_side OR r[1] > every[$max_side][1] | r[0]] AS thirds
  WITH *, [r IN middle | [r[0], r[1], [b IN r[2] WHERE b IN thirds]]] AS middle
  WHERE size(thirds) >= $min_side
  // [rows of intermediaries with those who pay them and those they pay, sources, destinations,
  // whether it is finished]
  WITH *, reduce(s = [middle, firsts, thirds, false],
    n IN range(0, size(middle) + size(firsts) + size(thirds)) |
    CASE WHEN s[3] THEN s ELSE head([z IN [[
      [r IN s[0] | CASE WHEN size(r[1]) < $min_partners OR size(r[2]) < $min_partners THEN 0.0
        WHEN size(r[1]) * size(s[2]) < size(r[2]) * size(s[1]) THEN toFloat(size(r[1])) / size(s[1])
        ELSE toFloat(size(r[2])) / size(s[2]) END],
      [p IN [a IN s[1] | size([r IN s[0] WHERE a IN r[1]])] | CASE WHEN p < $min_partners THEN 0.0
        ELSE toFloat(p) / size(s[0]) END],
      [p IN [b IN s[2] | size([r IN s[0] WHERE b IN r[2]])] | CASE WHEN p < $min_partners THEN 0.0
        ELSE toFloat(p) / size(s[0]) END]]] |
      head([w IN [reduce(m = 1.0, p IN z[0] + z[1] + z[2] | CASE WHEN p < m THEN p ELSE m END)] |
        CASE WHEN any(side IN s[..3] WHERE size(side) < $min_side)
          OR w > 0 AND all(k IN [1, 2] WHERE reduce(d = 0, r IN s[0] | d + size(r[k]))
              >= ($min_density - 1e-9) * size(s[0]) * size(s[k]))
        THEN [s[0], s[1], s[2], true]
        ELSE head([kept IN [[k IN [1, 2] |
          [i IN range(0, size(s[k]) - 1) WHERE z[k][i] > w | s[k][i]]]] |
          [[i IN range(0, size(s[0]) - 1) WHERE z[0][i] > w | [s[0][i][0],
            [a IN s[0][i][1] WHERE a IN kept[0]], [b IN s[0][i][2] WHERE b IN kept[1]]]],
            kept[0], kept[1], false]]) END])]) END) AS s
  WITH asset, cut, low, high, [r IN s[0] | r[0]] AS middle, s[1] AS sources, s[2] AS targets
  WHERE all(side IN [middle, sources, targets] WHERE size(side) >= $min_side) AND v IN middle
  CALL (asset, low, high, sources, middle, targets) {
    UNWIND middle AS m
    CALL (m, asset, low, high, sources) {
      MATCH (a)-[t:TRANSFER]->(m)
      WHERE t.asset = asset AND t.ts >= low AND t.ts <= high AND t.ledger >= 0
        AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount AND a IN sources
      RETURN collect(t) AS ins, count(DISTINCT a) AS before
    }
    CALL (m, asset, low, high, targets, ins) {
      MATCH (m)-[o:TRANSFER]->(b)
      WHERE o.asset = asset AND o.ts >= low AND o.ts <= high AND o.ledger >= 0
        AND o.kind <> 'fee' AND coalesce(o.amount, 0) >= $min_amount AND b IN targets
        AND any(t IN ins WHERE (o.ts > t.ts OR o.ts = t.ts AND (o.ledger > t.ledger
          OR o.ledger = t.ledger
          AND CASE WHEN 'order_unknown' IN coalesce(o.flags, []) + coalesce(t.flags, [])
          THEN $allow_same_ledger ELSE o.ord > t.ord END)))
      RETURN collect(o) AS outs, count(DISTINCT b) AS after
    }
    RETURN collect([m, ins, outs]) AS parts, sum(before) AS before, sum(after) AS after
  }
  WITH *, toFloat(before) / (size(sources) * size(middle)) AS one,
       toFloat(after) / (size(middle) * size(targets)) AS two,
       reduce(all = [], p IN parts | all + p[1]) AS ins,
       reduce(all = [], p IN parts | all + p[2]) AS outs,
       reduce(all = [], p IN parts | all + CASE WHEN p[0] = v THEN p[1] ELSE [] END) AS own
  WITH *, reduce(sum = 0.0, t IN ins | sum + t.amount) AS got,
       reduce(sum = 0.0, t IN outs | sum + t.amount) AS gave
  WHERE one >= $min_density - 1e-9 AND two >= $min_density - 1e-9 AND any(t IN own WHERE t.ts = low)
    AND ($variant = 'temporal' OR got >= 0 AND gave >= 0 AND
    all(band IN [[$retention_min, 1], [$retention_max, -1]] WHERE
      CASE WHEN abs(gave - band[0] * got) > 1e-9 * got THEN (gave - band[0] * got) * band[1] > 0
      ELSE 0 <= band[1] * reduce(d = 0, k IN range(12, 0, -1) |
        CASE WHEN abs(d) > 1000000000000 THEN d ELSE d * 1000000
          + 1000000 * reduce(sum = 0, t IN outs | sum + coalesce(
              toInteger(reverse(substring(reverse(t.amount_base), 6 * k, 6))), 0))
          - toInteger(round(1000000 * band[0])) * reduce(sum = 0, t IN ins | sum + coalesce(
              toInteger(reverse(substring(reverse(t.amount_base), 6 * k, 6))), 0)) END) END))
  RETURN asset, cut, low, sources, middle, targets, gave / got AS ratio,
         CASE WHEN one < two THEN one ELSE two END AS density,
         COLLECT { UNWIND ins AS t RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id } AS ins,
         COLLECT { UNWIND outs AS t RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id } AS outs
}
WITH *, [t IN ins + outs | t.id] AS ids ORDER BY size(ids) DESC, low, v.id
WITH asset, collect([v.id, asset, cut, [a IN sources | a.id], [m IN middle | m.id],
  [b IN targets | b.id], ins, outs, ids, ratio, density]) AS windows
UNWIND reduce(taken = [], w IN windows | CASE
  WHEN none(x IN taken WHERE any(id IN w[8] WHERE id IN x[8])) THEN taken + [w] ELSE taken END) AS w
WITH w ORDER BY w[0], w[1], w[6][0].ts
WITH w[0] AS v, collect(w) AS found
WITH *, size(found[$max_per_account..]) AS more
UNWIND found[..$max_per_account] AS w
WITH collect([w, w[2] + more]) AS found
WITH found, size(found[$limit..]) AS beyond
UNWIND found[..$limit] AS k
WITH k[0] AS w, k[0][6] AS ins, k[0][6] + k[0][7] AS legs, k[1] + beyond AS cut
WITH *, COLLECT { UNWIND w[3] AS id RETURN id ORDER BY id } AS sources,
     COLLECT { UNWIND w[4] AS id RETURN id ORDER BY id } AS middle,
     COLLECT { UNWIND w[5] AS id RETURN id ORDER BY id } AS targets
RETURN sources + middle + targets AS accounts,
       [a IN sources | 'source'] + [m IN middle | 'intermediary']
         + [b IN targets | 'destination'] AS roles,
       [t IN legs | t.id] AS transfers, reduce(sum = 0.0, t IN legs | sum + t.amount) AS volume,
       ins[0].timestamp AS started,
       reduce(last = ins[0].timestamp, t IN legs | CASE WHEN t.timestamp > last THEN t.timestamp
         ELSE last END) AS ended, w[1] AS asset, $variant AS variant, w[9] AS retained_ratio,
       cut > 0 AS truncated, cut AS cut, size(sources) AS sources, size(middle) AS intermediaries,
       size(targets) AS destinations, w[10] AS density
