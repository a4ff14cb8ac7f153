// Accounts that send to themselves.
//
// static: one instance an account and asset, from FLOW. temporal: one instance a transfer.
// Infrastructure and pseudo accounts take no part. FLOW must be fresh.
// transfers: static up to 10, the 5 earliest, then the largest. legs: what the account gave and got
// on the way where one of these is the delivery of a path payment, in the order of the operations.
// cut: instances beyond limit.
//
// mode    read
// param   variant: str = static
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  legs: list[str]
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
MATCH (a:Account)-[f:FLOW]->(a)
WHERE ($network IS NULL OR a.network = $network) AND ($asset IS NULL OR f.asset = $asset)
  AND NOT coalesce(a.is_infra, false) AND NOT coalesce(a.kind, '') IN ['pseudo', 'coinbase']
WITH a, f, COLLECT {
  MATCH (a)-[t:TRANSFER]->(a)
  WHERE t.asset = f.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
  RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id
} AS all
WHERE all <> []
UNWIND CASE WHEN $variant = 'static' THEN [all] WHEN $variant = 'temporal' THEN [t IN all | [t]]
       END AS hops
WITH a, f, hops ORDER BY a.id, f.asset, hops[0].ts, hops[0].ledger, hops[0].ord, hops[0].id
WITH collect([a, f, hops]) AS found
WITH found, size(found[$limit..]) AS cut
UNWIND found[..$limit] AS row
WITH row[0] AS a, row[1] AS f, row[2] AS hops, cut
WITH *, COLLECT { UNWIND hops[5..] AS t RETURN t.id ORDER BY t.amount DESC, t.id LIMIT 5 } AS large
WITH *, hops[..5] + [t IN hops[5..] WHERE t.id IN large] AS shown
WITH *, COLLECT {
  UNWIND shown AS t
  WITH t, left(t.id, size(t.id) - size(split(t.id, ':')[-1])) AS operation
  WHERE t.kind = 'path_payment'
  MATCH (a)-[l:TRANSFER]-()
  WHERE l.ledger = t.ledger AND l.kind = 'path_leg' AND l.id STARTS WITH operation
  WITH DISTINCT l ORDER BY l.ts, l.ledger, l.ord, l.id
  RETURN l.id
} AS legs
RETURN [a.id] AS accounts, ['self'] AS roles, [t IN shown | t.id] AS transfers,
       CASE WHEN $variant = 'static' THEN f.amount ELSE hops[0].amount END AS volume,
       CASE WHEN $variant = 'static' THEN f.first_timestamp ELSE hops[0].timestamp END AS started,
       CASE WHEN $variant = 'static' THEN f.last_timestamp ELSE hops[0].timestamp END AS ended,
       f.asset AS asset, $variant AS variant, cut > 0 AS truncated, cut AS cut,
       legs AS legs
