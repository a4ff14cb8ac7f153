// Money into a bridge on one network and out of one on another, within a day and worth the same.
//
// A bridge is an account with a tag of one of the subcategories (of category defi, say; small
// letters) that was known at as_of (null is until, then now), has not expired by then and is
// confident enough. Leg 1 is a transfer to a bridge, leg 2 one from a bridge of another network,
// later by at most `window` (larger ts: ledgers of two networks have no common order), and
// |value 2 / value 1 - 1| is at most tolerance, with 1e-9 to spare. A value is the amount by the
// price of its own UTC day, of the source of highest precedence; an asset whose unit is the dollar
// is worth 1. Without a price a transfer has no value and is no leg, nor is one worth less than
// min_value. Leg 2 goes with the closest leg 1 before it, then the one closer in value, then the
// smaller id; of several that come to one leg 1 the closest keeps it, by the same order, and the
// others go with none: a transfer is in one instance. More hops of the same money are more instances.
//
// Source and destination are no bridges, no infrastructure and no pseudo accounts; hubs they may
// be, as ends of chains may, and the bridges between them always are. network, asset and volume are
// those of leg 1, asset_out and amount_out of leg 2, since amounts of two assets have no sum;
// retained_ratio is value 2 / value 1. Cells of values and time keep the search small: a leg meets
// those of its cell, never all. cut counts instances past max_per_account of this source (the
// earliest show) and past the limit.
//
// mode    read
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   as_of: datetime = null
// param   subcategories: list[str] = bridge,defi_bridge
// param   min_confidence: float = 0.5
// param   window: duration = PT24H
// param   tolerance: float = 0.05
// param   min_value: float = 0
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int, asset_out: str, amount_out: float, value_in: float
// return  value_out: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     coalesce($as_of, $until, datetime()) AS moment,
     (datetime({epochMillis: 0}) + $window).epochMillis AS w,
     CASE WHEN $tolerance < 0.5 THEN 2 * $tolerance + 0.01 ELSE 1e9 END AS step
CALL (moment) {
  MATCH (g:Tag)
  WHERE toLower(g.subcategory) IN $subcategories
    AND coalesce(g.confidence, 0.5) >= $min_confidence
    AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
  MATCH (b:Account)-[:HAS_TAG]->(g)
  RETURN collect(DISTINCT b) AS bridges
}
CALL (bridges, since, until) {
  UNWIND bridges AS b
  MATCH (o)-[t:TRANSFER]->(b)
  WHERE ($network IS NULL OR b.network = $network) AND ($asset IS NULL OR t.asset = $asset)
    AND t.ts >= since AND t.ts < until
  RETURN b.network AS network, t, o, true AS enters
  UNION ALL
  UNWIND bridges AS b
  MATCH (b)-[t:TRANSFER]->(o)
  WHERE ($network IS NULL OR b.network <> $network) AND t.ts >= since AND t.ts < until
  RETURN b.network AS network, t, o, false AS enters
}
WITH * WHERE t.ledger >= 0 AND t.kind <> 'fee' AND t.amount > 0 AND NOT o IN bridges
  AND NOT coalesce(o.is_infra, false) AND NOT coalesce(o.kind, '') IN ['pseudo', 'coinbase']
WITH w, step, t.asset AS asset, date(t.timestamp) AS day, collect([t, network, enters]) AS legs
CALL (asset, day) {
  OPTIONAL MATCH (d:Asset {id: asset})
  WHERE d.asset_class = 'fiat' AND d.symbol IN ['USD', 'US Dollar']
  OPTIONAL MATCH (p:Price {asset: asset, date: day})
  WITH d, p ORDER BY p.precedence DESC, p.source
  RETURN CASE WHEN count(d) > 0 THEN 1.0 ELSE collect(p.price)[0] END AS price
}
UNWIND legs AS l
WITH w, step, l[0] AS t, l[1] AS network, l[2] AS enters, l[0].amount * price AS value
WHERE value > 0 AND value >= $min_value
WITH *, toInteger(floor(log(value) / step)) AS k, t.ts / (w + 1) AS d
UNWIND CASE WHEN enters THEN [[k - 1, d], [k, d], [k + 1, d], [k - 1, d + 1], [k, d + 1],
  [k + 1, d + 1]] ELSE [[k, d]] END AS cell
WITH w, cell, collect(CASE WHEN enters THEN [t.ts, value, t.id, network, t] END) AS ins,
     collect(CASE WHEN NOT enters THEN [t.ts, value, t.id, network, t] END) AS outs
WHERE ins <> [] AND outs <> []
UNWIND outs AS o
UNWIND [i IN ins WHERE i[0] < o[0] AND i[0] >= o[0] - w AND i[3] <> o[3]
  AND abs(o[1] - i[1]) <= i[1] * ($tolerance + 1e-9)] AS i
WITH o[4] AS t2, min([o[0] - i[0], abs(o[1] / i[1] - 1), i[2], i, o]) AS best
WITH best[3][4] AS t1, min([best[0], best[1], best[4][2], best[3], best[4]]) AS best
WITH startNode(t1).id AS source, best[3] AS i, best[4] AS o ORDER BY i[0], i[2]
WITH source, collect([i, o]) AS hops
WITH source, hops[..$max_per_account] AS hops,
     CASE WHEN size(hops) > $max_per_account THEN size(hops) - $max_per_account ELSE 0 END AS lost
ORDER BY source
UNWIND hops AS hop
WITH collect([hop[0], hop[1], lost]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS f
WITH f[0][4] AS t1, f[0][1] AS v1, f[1][4] AS t2, f[1][1] AS v2, f[2] + over AS cut
RETURN [startNode(t1).id, endNode(t1).id, startNode(t2).id, endNode(t2).id] AS accounts,
       ['source', 'bridge_in', 'bridge_out', 'destination'] AS roles,
       [t1.id, t2.id] AS transfers, t1.amount AS volume, t1.timestamp AS started,
       t2.timestamp AS ended, t1.asset AS asset, 'temporal' AS variant, v2 / v1 AS retained_ratio,
       cut > 0 AS truncated, cut, t2.asset AS asset_out, t2.amount AS amount_out, v1 AS value_in,
       v2 AS value_out
