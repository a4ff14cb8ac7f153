// Accounts that tainted money reached, where what came first is spent first.
//
// FIFO: what an account receives is a lot; a payment takes the oldest lots, and of one that it
// splits the same share of taint, rounded down. Tainted balances + absorbed + decayed = injected,
// exactly, and that is checked.
//
// Seeds are seed_accounts, seed_transfers (ids), and where neither is given the accounts that a tag
// of one of the categories, or one of trust level blacklisted, marks: known at as_of (null is
// until, then now), not expired, confident enough. What a seed sends from the tag's valid_from on
// is tainted whole; what comes back to it is absorbed. So is what reaches infrastructure, pseudo
// accounts, those of stop_categories and hubs: more than hub_degree counterparties, or in a network
// of 10,000 accounts more than 50 and than hub_percentile of all. until is the cut-off; what an
// account spends beyond what it is known to have held is clean (opening_base).
// Taint that came max_hops transfers far stays there, a part below min_amount stays with its
// sender.
// decay is what is left of a tainted part after each transfer.
//
// One row an account and asset, most tainted money first. accounts: the account, then by id the
// senders of the evidence, each `seed` or `carrier`; transfers: the up to 10 that carried most,
// parts_base what they carried; cut counts accounts past the limit. Sums in base units are exact.
// taint_share: tainted_received_base by all that was received. injected_base, run_absorbed_base and
// run_decayed_base are of the whole run in this asset; top_sources up to 5 seeds, 16 told apart.
//
// The pass is sequential in time: cypher/searches/taint.py, over just the transfers that taint can
// reach, in Python's integers. This query is its bounded form, one hop from seeds that are always
// active.
//
// mode    read
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   seed_accounts: list[str] = []
// param   seed_transfers: list[str] = []
// param   categories: list[str] = mixer,scam,dark_market,sanctioned
// param   min_confidence: float = 0.5
// param   as_of: datetime = null
// param   stop_categories: list[str] = exchange
// param   max_hops: int = 10
// param   decay: float = 1
// param   hub_degree: int = 1000
// param   hub_percentile: float = 0.999
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  tainted_received_base: str, tainted_balance_base: str, absorbed_base: str
// return  taint_share: float, first_taint: datetime, min_hops: int, top_sources: list[str]
// return  parts_base: list[str], opening_base: str, injected_base: str, run_absorbed_base: str
// return  run_decayed_base: str
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     coalesce($as_of, $until, datetime()) AS moment
CALL (moment) {
  MATCH (s:Account)
  WHERE CASE WHEN $seed_accounts = [] AND $seed_transfers = [] THEN EXISTS {
      MATCH (s)-[:HAS_TAG]->(g:Tag)
      WHERE (g.category IN $categories OR g.trust_level = 'blacklisted')
        AND coalesce(g.confidence, 0.5) >= $min_confidence
        AND coalesce(g.known_from, moment) <= moment AND coalesce(g.expires_at > moment, true)
    } ELSE s.id IN $seed_accounts END
  RETURN collect(s) AS seeds
}
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
MATCH (s:Account)-[t:TRANSFER]->(a:Account)
WHERE s <> a AND (s IN seeds OR t.id IN $seed_transfers) AND NOT a IN seeds AND $max_hops > 0
  AND ($network IS NULL OR s.network = $network) AND ($asset IS NULL OR t.asset = $asset)
  AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
  AND t.amount_base IS NOT NULL AND coalesce(t.amount, toFloat(t.amount_base)) >= $min_amount
WITH *, toInteger(t.amount_base) AS base,
     toInteger(floor(toInteger(t.amount_base) * $decay)) AS part
ORDER BY part DESC, t.ts, t.ledger, t.ord, t.id
WITH a, t.asset AS asset, since, until, moment, hubs, sum(base) AS injected, sum(part) AS received,
     min(t.timestamp) AS first, collect([t, s.id, part])[..10] AS largest,
     collect([s.id, part]) AS parts
CALL (a, asset, since, until) {
  OPTIONAL MATCH (a)-[t:TRANSFER]-(o)
  WHERE a <> o AND t.asset = asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
    AND t.kind <> 'fee' AND t.amount_base IS NOT NULL
  WITH a, t ORDER BY t.ts, t.ledger, t.ord, t.id
  WITH collect([startNode(t) = a, toInteger(t.amount_base)]) AS moves
  RETURN reduce(sum = 0, m IN moves | CASE WHEN m[0] THEN sum ELSE sum + m[1] END) AS incoming,
         reduce(s = [0, 0], m IN moves | CASE WHEN NOT m[0] THEN [s[0] + m[1], s[1]]
           WHEN m[1] > s[0] THEN [0, s[1] + m[1] - s[0]] ELSE [s[0] - m[1], s[1]] END) AS state
}
WITH *, a IN hubs OR EXISTS { MATCH (a)-[:HAS_TAG]->(g:Tag)
              WHERE g.category IN $stop_categories AND coalesce(g.known_from, moment) <= moment
                AND coalesce(g.confidence, 0.5) >= $min_confidence
                AND coalesce(g.expires_at > moment, true) } AS stop
WITH *, COLLECT { UNWIND parts AS p WITH p[0] AS id, sum(p[1]) AS part
                  RETURN id ORDER BY part DESC, id LIMIT 5 } AS top,
     COLLECT { UNWIND largest AS p WITH DISTINCT p[1] AS id RETURN id ORDER BY id } AS senders,
     COLLECT { UNWIND largest AS p RETURN p ORDER BY p[0].ts, p[0].ledger, p[0].ord, p[0].id } AS p
ORDER BY received DESC, a.id, asset
WITH collect({a: a.id, asset: asset, injected: injected, received: received, first: first, top: top,
              stop: stop, senders: senders, p: p, incoming: incoming, state: state}) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS cut
UNWIND found[..$limit] AS r
WITH r, cut, [f IN found WHERE f.asset = r.asset] AS run
RETURN [r.a] + r.senders AS accounts,
       [CASE WHEN r.stop THEN 'absorber' ELSE 'tainted' END] + [s IN r.senders | 'seed'] AS roles,
       [x IN r.p | x[0].id] AS transfers,
       reduce(sum = 0.0, x IN r.p | sum + coalesce(x[0].amount, 0)) AS volume,
       r.p[0][0].timestamp AS started, r.p[-1][0].timestamp AS ended, r.asset AS asset,
       'temporal' AS variant, cut > 0 AS truncated, cut,
       toString(r.received) AS tainted_received_base,
       CASE WHEN r.stop THEN '0' ELSE toString(r.received) END AS tainted_balance_base,
       CASE WHEN r.stop THEN toString(r.received) ELSE '0' END AS absorbed_base,
       toFloat(r.received) / r.incoming AS taint_share, r.first AS first_taint, 1 AS min_hops,
       r.top AS top_sources, [x IN r.p | toString(x[2])] AS parts_base,
       CASE WHEN r.stop THEN '0' ELSE toString(r.state[1]) END AS opening_base,
       toString(reduce(sum = 0, f IN run | sum + f.injected)) AS injected_base,
       toString(reduce(sum = 0, f IN run | CASE WHEN f.stop THEN sum + f.received ELSE sum END))
         AS run_absorbed_base,
       toString(reduce(sum = 0, f IN run | sum + f.injected - f.received)) AS run_decayed_base
