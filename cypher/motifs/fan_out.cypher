// Accounts that send to many others within a window, having received from few.
//
// A window begins with a transfer out and holds those up to `window` after it; it is maximal when
// the one that begins a transfer earlier ends earlier. Of an account's maximal windows with at
// least min_destinations receivers, at most max_other senders (to the centre, from max_gap before
// the window's start to its end; null is any) and a coefficient of variation of amounts of at most
// max_cv, the longest (most transfers, then earliest) is taken, then the longest of those
// that share no transfer with one taken, and so on.
// Infrastructure, pseudo accounts and accounts with more than hub_degree counterparties in the
// range (null is no limit) are neither centre nor receiver. Only the truncation_limit latest
// transfers out of a centre are looked at.
//
// mode    read
// param   variant: str = temporal
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_destinations: int = 5
// param   window: duration = P14D
// param   max_gap: duration = P7D
// param   max_other: int = 3
// param   max_cv: float = null
// param   hub_degree: int = 1000
// param   truncation_limit: int = 100
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
// return  destinations: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_gap).epochMillis AS gap,
     (datetime({epochMillis: 0}) + $window).epochMillis AS span
CALL (since, until) {
  MATCH (h:Account)
  WHERE coalesce(h.is_infra, false) OR h.kind IN ['pseudo', 'coinbase']
    OR COUNT { (h)-[:TRANSFER]-() } > $hub_degree
  CALL (h, since, until) {
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h, degree
  WHERE degree > $hub_degree OR coalesce(h.is_infra, false) OR h.kind IN ['pseudo', 'coinbase']
  RETURN collect(h) AS hubs
}
MATCH (v:Account)
WHERE COUNT { (v)-[:TRANSFER]->() } >= $min_destinations AND NOT v IN hubs
  AND ($network IS NULL OR v.network = $network) AND $variant = 'temporal'
CALL (v, since, until, gap, span, hubs) {
  MATCH (v)-[t:TRANSFER]->(u)
  WHERE u <> v AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    AND ($asset IS NULL OR t.asset = $asset) AND coalesce(t.amount, 0) >= $min_amount
    AND NOT u IN hubs
  WITH t, u ORDER BY t.ts DESC, t.ledger DESC, t.ord DESC, t.id DESC
  WITH t.asset AS asset, collect([t, u.id]) AS every
  WITH asset, reverse(every[..$truncation_limit]) AS legs, size(every) > $truncation_limit AS cut
  WITH asset, legs, cut, [leg IN legs | leg[0].ts] AS times
  UNWIND range(0, size(legs) - $min_destinations) AS i
  WITH * WHERE times[i + $min_destinations - 1] <= times[i] + span
  WITH *, i + size([ts IN times[i..] WHERE ts <= times[i] + span]) AS end
  WITH * WHERE i = 0 OR times[i - 1] + span < times[end - 1]
  CALL (legs, i, end) {
    UNWIND legs[i..end] AS leg
    RETURN count(DISTINCT leg[1]) AS destinations, stDevP(leg[0].amount) / avg(leg[0].amount) AS cv
  }
  WITH * WHERE destinations >= $min_destinations AND ($max_cv IS NULL OR cv <= $max_cv)
    AND ($max_other IS NULL OR COUNT {
      MATCH (v)<-[o:TRANSFER]-(w)
      WHERE w <> v AND o.ts >= times[i] - gap AND o.ts <= times[end - 1] AND o.ledger >= 0
        AND o.kind <> 'fee' AND o.asset = asset
      RETURN DISTINCT w
    } <= $max_other)
  WITH asset, legs, cut, i, end, destinations ORDER BY end - i DESC, i
  WITH asset, legs, cut, collect([i, end, destinations]) AS windows
  UNWIND reduce(taken = [], w IN windows | CASE
    WHEN none(x IN taken WHERE w[0] < x[1] AND x[0] < w[1]) THEN taken + [w] ELSE taken END) AS w
  WITH asset, cut, legs[w[0]..w[1]] AS legs, w[2] AS destinations
  ORDER BY asset, legs[0][0].ts LIMIT $max_per_account + 1
  WITH collect([asset, legs, cut, destinations]) AS found
  UNWIND found[..$max_per_account] AS row
  RETURN row, row[2] OR size(found) > $max_per_account AS cut
}
WITH v, row, cut ORDER BY v.id, row[0], row[1][0][0].ts LIMIT $limit + 1
WITH collect([v, row, cut]) AS kept
WITH kept, size(kept) > $limit AS more
UNWIND kept[..$limit] AS k
WITH k[0].id AS center, k[1][0] AS asset, k[1][1] AS legs, k[1][3] AS destinations,
     more OR k[2] AS cut
WITH *, COLLECT { UNWIND legs AS leg WITH DISTINCT leg[1] AS id RETURN id ORDER BY id } AS others
RETURN [center] + others AS accounts, ['center'] + [o IN others | 'destination'] AS roles,
       [leg IN legs | leg[0].id] AS transfers,
       reduce(sum = 0.0, leg IN legs | sum + leg[0].amount) AS volume,
       legs[0][0].timestamp AS started, legs[-1][0].timestamp AS ended, asset AS asset,
       $variant AS variant, cut AS truncated, destinations AS destinations
