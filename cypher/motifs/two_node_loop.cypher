// Pairs of accounts that send to each other.
//
// static: one instance an unordered pair and asset, from FLOW; the initiator sent first, on a tie
// the smaller id. temporal: a transfer and a later one back within max_gap (larger ts, ledger, ord;
// larger ts, ledger where the order inside the ledger is unknown). Infrastructure and pseudo
// accounts take no part, nor accounts with more than hub_degree counterparties (null: 1000 for
// temporal, none for static). FLOW must be fresh.
// transfers: the hops; static up to 10 a direction, the 5 earliest, then the largest.
//
// mode    read
// param   variant: str = static
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   max_gap: duration = P7D
// param   hub_degree: int = null
// param   max_per_account: int = 50
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $max_gap).epochMillis AS gap,
     coalesce($hub_degree, CASE WHEN $variant = 'temporal' THEN 1000 END) AS hub
CALL (since, until, hub) {
  MATCH (h:Account)
  WHERE COUNT { (h)-[:TRANSFER]-() } > hub AND ($network IS NULL OR h.network = $network)
  CALL (h, since, until) {
    MATCH (h)-[t:TRANSFER]-(o)
    WHERE h <> o AND t.ts >= since AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    RETURN count(DISTINCT o) AS degree
  }
  WITH h, hub, degree WHERE degree > hub
  RETURN collect(h) AS hubs
}
MATCH (a:Account)
WHERE COUNT { (a)-[:FLOW]->() } > 0 AND COUNT { (a)<-[:FLOW]-() } > 0
  AND ($network IS NULL OR a.network = $network)
CALL (a, since, until, gap, hubs) {
  MATCH (a)-[e1:FLOW]->(b)-[e2:FLOW]->(a)
  WHERE a.id < b.id AND e1.asset = e2.asset AND ($asset IS NULL OR e1.asset = $asset)
    AND none(v IN [a, b] WHERE coalesce(v.is_infra, false) OR v IN hubs
      OR coalesce(v.kind, '') IN ['pseudo', 'coinbase'])
  CALL (a, b, e1, since, until) {
    MATCH (a)-[t:TRANSFER]-(b)
    WHERE t.asset = e1.asset AND t.ts >= since AND t.ts < until AND t.ledger >= 0
      AND t.kind <> 'fee' AND coalesce(t.amount, 0) >= $min_amount
    WITH a, t ORDER BY t.ts, t.ledger, t.ord, t.id
    RETURN collect(CASE WHEN startNode(t) = a THEN t END) AS there,
           collect(CASE WHEN startNode(t) <> a THEN t END) AS back
  }
  WITH * WHERE there <> [] AND back <> []
  CALL (a, b, e1, e2, there, back, gap) {
    WITH * WHERE $variant = 'static'
    RETURN there AS hops, back AS answer, e1.amount + e2.amount AS volume,
           CASE WHEN e2.first_timestamp < e1.first_timestamp THEN b ELSE a END AS initiator,
           [e1.first_timestamp, e2.first_timestamp] AS firsts,
           [e1.last_timestamp, e2.last_timestamp] AS lasts
    UNION ALL
    WITH * WHERE $variant = 'temporal'
    UNWIND [[a, there, back], [b, back, there]] AS turn
    UNWIND turn[1] AS t1
    UNWIND turn[2] AS t2
    WITH turn, t1, t2, gap
    WHERE t2.ts >= t1.ts AND t2.ts - t1.ts <= gap
      AND (t2.ts > t1.ts OR t2.ledger > t1.ledger OR t2.ledger = t1.ledger AND t2.ord > t1.ord
        AND NOT 'order_unknown' IN coalesce(t1.flags, []) + coalesce(t2.flags, []))
    RETURN [t1] AS hops, [t2] AS answer, t1.amount + t2.amount AS volume, turn[0] AS initiator,
           [t1.timestamp] AS firsts, [t2.timestamp] AS lasts
  }
  WITH a, b, e1.asset AS asset, hops, answer, volume, initiator, firsts, lasts
  ORDER BY b.id, asset, hops[0].ts, hops[0].id, answer[0].ts, answer[0].id
  LIMIT CASE WHEN $variant = 'static' THEN 2147483647 ELSE $max_per_account + 1 END
  WITH collect({accounts: [a.id, b.id], asset: asset, hops: hops, answer: answer, volume: volume,
                initiator: initiator.id, firsts: firsts, lasts: lasts}) AS found
  WITH found, $variant <> 'static' AND size(found) > $max_per_account AS cut
  UNWIND CASE WHEN cut THEN found[..$max_per_account] ELSE found END AS row
  RETURN row, cut
}
WITH row, cut ORDER BY row.accounts, row.asset, row.hops[0].ts, row.hops[0].id, row.answer[0].ts,
  row.answer[0].id LIMIT $limit + 1
WITH collect([row, cut]) AS kept
WITH kept, size(kept) > $limit AS more
UNWIND kept[..$limit] AS k
WITH k[0] AS row, more OR k[1] AS truncated
WITH *, COLLECT {
  UNWIND [row.hops, row.answer] AS leg
  WITH leg, COLLECT { UNWIND leg[5..] AS t RETURN t.id ORDER BY t.amount DESC, t.id LIMIT 5 } AS big
  RETURN [t IN leg[..5] | t.id] + [t IN leg[5..] WHERE t.id IN big | t.id]
} AS ids
RETURN row.accounts AS accounts,
       [v IN row.accounts | CASE v WHEN row.initiator THEN 'initiator' ELSE 'partner' END] AS roles,
       ids[0] + ids[1] AS transfers, row.volume AS volume,
       CASE WHEN row.firsts[1] < row.firsts[0] THEN row.firsts[1] ELSE row.firsts[0] END AS started,
       CASE WHEN row.lasts[1] > row.lasts[0] THEN row.lasts[1] ELSE row.lasts[0] END AS ended,
       row.asset AS asset, $variant AS variant, truncated
