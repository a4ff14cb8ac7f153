// Accounts that suddenly make many transfers, against their own normal rate.
//
// For each transfer at x those in [x, x + window) are counted, of one account and asset; the
// largest count is a burst, then the next that overlaps none taken, the earlier first on a tie. The
// baseline are tiles of length `window` from the account's first transfer in the range to its last,
// empty ones too, those that overlap the burst left out; it needs min_tiles. normal_rate: mean
// count of a tile; intensity: count / max(normal_rate, 1 / tiles); z: (count - mean) / population
// standard deviation, infinite where that is 0 and count above the mean. A burst shows with
// min_count, min_intensity and min_z; insufficient_baseline counts those of the whole run that
// could not be judged.
// Infrastructure, pseudo accounts and hubs (more than hub_degree counterparties in the range, or in
// a network of 10,000 accounts more than 50 and than hub_percentile of all) are left out.
// side: both, in or out. accounts: the account, then its counterparties in the burst by id;
// hour_histogram: transfers of the account in the range by hour of day (UTC), peak_hours its
// largest.
// Of an account and asset the max_per_account largest bursts show; cut counts those left out.
//
// mode    read
// param   side: str = both
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   window: duration = PT1H
// param   min_count: int = 10
// param   min_intensity: float = 3
// param   min_z: float = 2
// param   min_tiles: int = 24
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  count: int, normal_rate: float, burst_rate: float, intensity: float, z: float
// return  duration_seconds: float, hour_histogram: list[int], peak_hours: list[int]
// return  insufficient_baseline: int
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
  AND COUNT { (v)-[:TRANSFER]-() } >= $min_count
CALL (v, since, until, w) {
  MATCH (v)-[t:TRANSFER]-(o)
  WHERE t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    AND ($side = 'both' OR $side = 'out' AND startNode(t) = v OR $side = 'in' AND endNode(t) = v)
  WITH t, o ORDER BY t.ts, t.ledger, t.ord, t.id
  WITH t.asset AS asset, collect([t, o.id]) AS legs
  WHERE size(legs) >= $min_count
  WITH asset, legs, [l IN legs | l[0].ts] AS times
  UNWIND range(0, size(times) - $min_count) AS i
  WITH * WHERE times[i + $min_count - 1] < times[i] + w AND (i = 0 OR times[i - 1] < times[i])
  WITH *, i + size([ts IN times[i..] WHERE ts < times[i] + w]) AS end
  ORDER BY end - i DESC, i
  WITH asset, legs, times, collect([i, end]) AS windows
  WITH *, reduce(taken = [], x IN windows | CASE
    WHEN none(y IN taken WHERE abs(times[y[0]] - times[x[0]]) < w) THEN taken + [x] ELSE taken
    END) AS bursts
  UNWIND bursts AS b
  WITH *, times[b[0]] - times[0] AS start, (times[-1] - times[0]) / w AS last, b[1] - b[0] AS count
  WITH *, start / w AS low, CASE WHEN (start + w - 1) / w < last THEN (start + w - 1) / w ELSE last
    END AS high
  WITH *, toFloat(last + low - high) AS tiles
  CALL (times, low, high, w) {
    UNWIND times AS ts
    WITH (ts - times[0]) / w AS tile, count(*) AS n, low, high
    WHERE tile < low OR tile > high
    RETURN sum(n) AS total, sum(n * n) AS squares
  }
  WITH *, CASE WHEN tiles > 0 THEN total / tiles END AS mean
  WITH *, CASE WHEN squares * tiles > total * total
    THEN sqrt(squares * tiles - total * total) / tiles ELSE 0.0 END AS deviation
  WITH *, CASE WHEN total > 1 THEN count / mean ELSE count * tiles END AS intensity,
       CASE WHEN deviation > 0 THEN (count - mean) / deviation WHEN count > mean
         THEN toFloat('Infinity')
         ELSE 0.0 END AS z
  WHERE tiles < $min_tiles OR intensity >= $min_intensity AND z >= $min_z
  WITH asset, legs, collect([b, count, mean, intensity, z, tiles < $min_tiles]) AS every
  WITH asset, legs, [e IN every WHERE NOT e[5]] AS found, size([e IN every WHERE e[5]]) AS unjudged
  UNWIND CASE found WHEN [] THEN [null] ELSE found[..$max_per_account] END AS row
  RETURN asset, row, [l IN legs[row[0][0]..row[0][1]] | l] AS part, unjudged,
         [h IN range(0, 23) | size([l IN legs WHERE l[0].timestamp.hour = h])] AS hours,
         CASE WHEN size(found) > $max_per_account THEN size(found) - $max_per_account ELSE 0
           END AS cut
}
WITH v, asset, row, part, hours, cut, unjudged
ORDER BY v.id, asset, part[0][0].ts
WITH collect([v.id, asset, row, part, hours, cut, unjudged]) AS rows
WITH [r IN rows WHERE r[2] IS NOT NULL] AS found,
     reduce(sum = 0, id IN COLLECT { UNWIND rows AS r WITH DISTINCT r[0] AS id, r[1] AS a, r[6] AS n
       RETURN n } | sum + id) AS unjudged
WITH found, unjudged, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS r
WITH r[0] AS actor, r[1] AS asset, r[2] AS b, r[3] AS part, r[4] AS hours, r[5] + over AS cut,
     unjudged
WITH *, COLLECT { UNWIND part AS l WITH DISTINCT l[1] AS id WHERE id <> actor RETURN id
     ORDER BY id }
  AS others, reduce(m = 0, h IN hours | CASE WHEN h > m THEN h ELSE m END) AS peak
RETURN [actor] + others AS accounts, ['actor'] + [o IN others | 'counterparty'] AS roles,
       [l IN part | l[0].id] AS transfers,
       reduce(sum = 0.0, l IN part | sum + coalesce(l[0].amount, 0)) AS volume,
       part[0][0].timestamp AS started, part[-1][0].timestamp AS ended, asset,
         'temporal' AS variant,
       cut > 0 AS truncated, cut, b[1] AS count, b[2] AS normal_rate, toFloat(b[1]) AS burst_rate,
       b[3] AS intensity, b[4] AS z, (part[-1][0].ts - part[0][0].ts) / 1000.0 AS duration_seconds,
       hours AS hour_histogram, [h IN range(0, 23) WHERE hours[h] = peak] AS peak_hours,
       unjudged AS insufficient_baseline
