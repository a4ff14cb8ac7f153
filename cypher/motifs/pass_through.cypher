// Accounts that pass on what they receive within a day or so, one instance a pair of transfers.
//
// A transfer in and a later one out (larger ts, ledger, ord; larger ts, ledger where the order in
// the ledger is unknown, unless allow_same_ledger) of the same asset, at most max_dwell apart, with
// a ratio out / in between retention_min and retention_max, are a pair; the shortest stay is paired
// first, then the earlier transfer in, then out; each transfer has one partner. The money does not
// go back where it came from. matches: pairs of the account in this asset; share: what its paired
// transfers in are of all it received. An account shows with min_matches pairs and min_share.
// Infrastructure, pseudo accounts and hubs (more than hub_degree counterparties in the range, or in
// a network of 10,000 accounts more than 50 and than hub_percentile of all) pass nothing through.
//
// accounts: where from, the account, where to. Of an account the max_per_account shortest stays
// show. Of a transfer in the truncation_limit next transfers out are looked at. cut counts what the
// limits left out: transfers out not looked at and pairs not shown of this account, and instances.
// The kernel compares amounts as integers; this query as doubles, with 1e-9 to spare.
//
// mode    read
// param   variant: str = conserving
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_share: float = 0.8
// param   min_matches: int = 3
// param   max_dwell: duration = PT24H
// param   retention_min: float = 0.90
// param   retention_max: float = 1.00
// param   allow_same_ledger: bool = false
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   truncation_limit: int = 100
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, retained_ratio: float
// return  truncated: bool, cut: int, dwell_seconds: float, matches: int, share: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_dwell).epochMillis AS dwell
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
WHERE ($network IS NULL OR v.network = $network) AND NOT v IN hubs AND $variant = 'conserving'
CALL (v, since, until, dwell) {
  MATCH (u)-[i:TRANSFER]->(v)
  WHERE u <> v AND i.ts >= since AND i.ts < until AND i.ledger >= 0 AND i.kind <> 'fee'
    AND ($asset IS NULL OR i.asset = $asset) AND i.amount_base IS NOT NULL
    AND coalesce(i.amount, 0) >= $min_amount
  CALL (v, i, since, until, dwell) {
    MATCH (v)-[o:TRANSFER]->(w)
    WHERE w <> v AND o.asset = i.asset AND o.ts < until AND o.ledger >= 0 AND o.kind <> 'fee'
      AND o.amount_base IS NOT NULL AND coalesce(o.amount, 0) >= $min_amount
      AND o.ts >= i.ts AND o.ts - i.ts <= dwell
      AND (o.ts > i.ts OR o.ledger > i.ledger OR o.ledger = i.ledger AND o.ord > i.ord)
    WITH o, w ORDER BY o.ts, o.ledger, o.ord, o.id
    RETURN collect([o, w]) AS later
  }
  WITH v, i.asset AS asset, sum(toFloat(i.amount_base)) AS received,
       sum(CASE WHEN size(later) > $truncation_limit THEN size(later) - $truncation_limit
           ELSE 0 END) AS unseen,
       collect([i, u, later[..$truncation_limit]]) AS ins
  CALL (ins) {
    UNWIND ins AS x
    UNWIND x[2] AS y
    WITH x[0] AS i, x[1] AS u, y[0] AS o, y[1] AS w
    WITH *, toFloat(o.amount_base) / toFloat(i.amount_base) AS ratio
    WHERE u <> w AND ratio >= $retention_min * (1 - 1e-9) AND ratio <= $retention_max * (1 + 1e-9)
      AND ($allow_same_ledger OR o.ts > i.ts OR o.ledger > i.ledger
        OR NOT 'order_unknown' IN coalesce(i.flags, []) + coalesce(o.flags, []))
    WITH * ORDER BY o.ts - i.ts, i.ts, i.ledger, i.ord, i.id, o.ts, o.ledger, o.ord, o.id
    RETURN collect([i, o, u, w, ratio]) AS pairs
  }
  WITH *, reduce(taken = [], p IN pairs | CASE
    WHEN none(x IN taken WHERE x[0] = p[0] OR x[1] = p[1]) THEN taken + [p] ELSE taken
    END) AS taken
  WITH *, reduce(sum = 0.0, p IN taken | sum + toFloat(p[0].amount_base)) / received AS share
  WHERE size(taken) >= $min_matches AND share >= $min_share AND taken <> []
  UNWIND taken[..$max_per_account] AS p
  RETURN asset, p, size(taken) AS matches, share, unseen +
    CASE WHEN size(taken) > $max_per_account THEN size(taken) - $max_per_account ELSE 0 END AS cut
}
WITH * ORDER BY v.id, asset, p[0].ts, p[0].ledger, p[0].ord, p[0].id
WITH collect([v, asset, p, matches, share, cut]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS over
UNWIND found[..$limit] AS r
WITH r[0] AS v, r[1] AS asset, r[2] AS p, r[3] AS matches, r[4] AS share, r[5] + over AS cut
RETURN [p[2].id, v.id, p[3].id] AS accounts, ['source', 'intermediary', 'destination'] AS roles,
       [p[0].id, p[1].id] AS transfers,
       coalesce(p[0].amount, 0) + coalesce(p[1].amount, 0) AS volume,
       p[0].timestamp AS started, p[1].timestamp AS ended, asset, $variant AS variant,
       p[4] AS retained_ratio, cut > 0 AS truncated, cut,
       (p[1].ts - p[0].ts) / 1000.0 AS dwell_seconds, matches, share
