// Accounts that keep their payments just below a threshold.
//
// With mode single, of an account's transfers out in one asset those between near_min and near_max
// of a threshold are near; it shows with min_near of them, clustering_score (near / all) and
// size_consistency (max(0, 1 - population standard deviation / mean of the near)) at least as
// asked.
// With mode aggregate, payments to one receiver, each below the threshold, at least min_parts
// within `window` that together reach it; maximal windows, most transfers first, then the earliest,
// then those that share no transfer with one taken; near counts its parts, all the account's
// transfers out. A payment counts with its value: US dollars where `prices` (by asset, then by days
// since 1970-01-01) names the asset, of no value on a day without price; else whole units of the
// asset. Thresholds, consistency, max_amount and mean_amount are of values, volume is of amounts. A
// sum of parts is a double.
// Infrastructure, pseudo accounts and hubs (more than hub_degree counterparties in the range, or in
// a network of 10,000 accounts more than 50 and than hub_percentile of all) are left out.
// accounts: the account, then the receivers by id. unique_days: days (UTC) with such a transfer;
// avg_daily: near / unique_days; temporal_spread: unique_days by days from first to last. cut
// counts instances past max_per_account of this account and past the limit.
//
// mode    read
// param   mode: str = single
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   prices: map = null
// param   thresholds: list[float] = 10000,50000,100000
// param   near_min: float = 0.80
// param   near_max: float = 0.99
// param   min_near: int = 5
// param   min_clustering: float = 0.7
// param   min_consistency: float = 0.8
// param   min_parts: int = 3
// param   window: duration = PT24H
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  threshold: float, near: int, clustering_score: float, size_consistency: float
// return  unique_days: int, avg_daily: float, temporal_spread: float, max_amount: float
// return  mean_amount: float
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
  AND COUNT { (v)-[:TRANSFER]->() } >= CASE $mode WHEN 'single' THEN $min_near ELSE $min_parts END
CALL (v, since, until, w) {
  MATCH (v)-[t:TRANSFER]->(o)
  WHERE o <> v AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
  WITH t, o ORDER BY t.ts, t.ledger, t.ord, t.id
  WITH t.asset AS asset, collect([t, o.id, CASE WHEN $prices[t.asset] IS NULL THEN t.amount
    ELSE t.amount * $prices[t.asset][toString(t.ts / 86400000)] END]) AS legs
  UNWIND $thresholds AS threshold
  CALL (legs, threshold, w) {
    WITH * WHERE $mode = 'single'
    WITH [l IN legs WHERE l[2] >= $near_min * threshold AND l[2] <= $near_max * threshold]
      AS part, size(legs) AS count
    WHERE size(part) >= $min_near AND toFloat(size(part)) / count >= $min_clustering
    RETURN part
    UNION ALL
    WITH * WHERE $mode = 'aggregate'
    UNWIND [l IN legs WHERE l[2] < threshold] AS l
    WITH l[1] AS receiver, collect(l) AS parts, threshold, w
    WHERE size(parts) >= $min_parts
    WITH *, [l IN parts | l[0].ts] AS times
    UNWIND range(0, size(times) - $min_parts) AS i
    WITH *, i + size([ts IN times[i..] WHERE ts <= times[i] + w]) AS end
    WHERE end - i >= $min_parts AND (i = 0 OR times[i - 1] + w < times[end - 1])
      AND reduce(sum = 0.0, l IN parts[i..end] | sum + l[2]) >= threshold
    WITH receiver, parts, i, end ORDER BY end - i DESC, i
    WITH receiver, parts, collect([i, end]) AS windows
    UNWIND reduce(taken = [], x IN windows | CASE
      WHEN none(y IN taken WHERE x[0] < y[1] AND y[0] < x[1]) THEN taken + [x] ELSE taken END) AS x
    RETURN parts[x[0]..x[1]] AS part
  }
  CALL (part) {
    UNWIND part AS l
    WITH avg(l[2]) AS mean, stDevP(l[2]) AS deviation, max(l[2]) AS largest,
         count(DISTINCT date(l[0].timestamp)) AS days
    RETURN mean, largest, days, CASE WHEN deviation < mean THEN 1 - deviation / mean ELSE 0.0
      END AS consistency
  }
  WITH *, duration.inDays(date(part[0][0].timestamp), date(part[-1][0].timestamp)).days + 1 AS over
  WHERE $mode = 'aggregate' OR consistency >= $min_consistency
  WITH asset, threshold, part, size(legs) AS count, mean, largest, days, consistency, over
  ORDER BY asset, threshold, part[0][0].ts, part[0][0].ledger, part[0][0].ord, part[0][0].id
  WITH collect([asset, threshold, part, count, mean, largest, days, consistency, over]) AS found
  UNWIND found[..$max_per_account] AS r
  RETURN r, CASE WHEN size(found) > $max_per_account THEN size(found) - $max_per_account
    ELSE 0 END AS cut
}
WITH * ORDER BY v.id, r[0], r[1], r[2][0][0].ts, r[2][0][0].ledger, r[2][0][0].ord, r[2][0][0].id
WITH collect([v.id, r, cut]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS f
WITH f[0] AS actor, f[1] AS r, f[1][2] AS part, f[2] + over AS cut
WITH *, size(part) AS near,
     COLLECT { UNWIND part AS l WITH DISTINCT l[1] AS id RETURN id ORDER BY id } AS others
RETURN [actor] + others AS accounts, ['structurer'] + [o IN others | 'receiver'] AS roles,
       [l IN part | l[0].id] AS transfers, reduce(sum = 0.0, l IN part
         | sum + l[0].amount) AS volume,
       part[0][0].timestamp AS started, part[-1][0].timestamp AS ended, r[0] AS asset,
       'temporal' AS variant, cut > 0 AS truncated, cut, r[1] AS threshold, near,
       toFloat(near) / r[3] AS clustering_score, r[7] AS size_consistency, r[6] AS unique_days,
       toFloat(near) / r[6] AS avg_daily, toFloat(r[6]) / r[8] AS temporal_spread,
       r[5] AS max_amount, r[4] AS mean_amount
