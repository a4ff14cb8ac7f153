// Transactions that move very much.
//
// A UTXO transaction is all its transfers, change left out (flag change); elsewhere each transfer
// is one. It shows when its value reaches the asset's entry in min_values (asset=whole units), or
// lies above the `quantile` (the smallest value that this share does not exceed) of the asset's
// transactions of the `baseline` before its day (UTC), where those are at least min_transactions.
//
// accounts: senders by id, then receivers by id; shares: of each account in what its side moved, in
// their order; touches_infra: whether one of them is infrastructure or a pseudo account; fee_base
// where the ledger tells it. input_count, output_count: senders and outputs (UTXO: with change).
// threshold_absolute, threshold_relative: what it was held against. Largest first; cut counts
// instances past the limit.
//
// mode    read
// param   network: str = null
// param   asset: str = null
// param   since: datetime = null
// param   until: datetime = null
// param   min_amount: float = 0
// param   min_values: list[str] = bitcoin:native=10
// param   quantile: float = 0.999
// param   baseline: duration = P30D
// param   min_transactions: int = 1000
// param   limit: int = 10000
// return  accounts: list[str], roles: list[str], transfers: list[str], volume: float
// return  started: datetime, ended: datetime, asset: str, variant: str, truncated: bool, cut: int
// return  transaction: str, value: float, fee_base: str, input_count: int, output_count: int
// return  shares: list[float], touches_infra: bool, threshold_absolute: float
// return  threshold_relative: float
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until,
     (datetime({epochMillis: 0}) + $baseline).epochMillis AS span
WITH *, since - CASE WHEN $since IS NULL THEN 0 ELSE span + 86400000 END AS begin
CALL (begin, until, since, span) {
  MATCH (a:Account)-[t:TRANSFER]->(b:Account)
  WHERE t.ts >= begin AND t.ts < until AND t.ledger >= 0 AND t.kind <> 'fee'
    AND t.amount IS NOT NULL AND ($network IS NULL OR a.network = $network)
    AND ($asset IS NULL OR t.asset = $asset)
  WITH since, span, t, CASE WHEN t.kind IN ['utxo', 'coinbase']
    THEN reduce(key = '', part IN split(t.id, ':')[..3] | key + ':' + part) ELSE t.id END AS key
  WITH since, span, t.asset AS asset, t.ts - t.ts % 86400000 AS day, key,
       sum(CASE WHEN 'change' IN coalesce(t.flags, []) THEN 0.0 ELSE t.amount END) AS value,
       max(t.ts) AS ts, collect(t) AS legs
  WITH since, span, asset, day, collect([value, ts >= since, legs]) AS rows
  WITH since, span, asset, collect([day, rows]) AS days,
       [x IN $min_values WHERE split(x, '=')[0] = asset | toFloat(split(x, '=')[1])][0] AS absolute
  UNWIND days AS today
  CALL (days, today, span) {
    UNWIND [d IN days WHERE d[0] < today[0] AND d[0] >= today[0] - span] AS d
    UNWIND d[1] AS row
    WITH count(*) AS many, percentileDisc(row[0], $quantile) AS mark
    RETURN CASE WHEN many >= $min_transactions THEN mark END AS relative
  }
  UNWIND [row IN today[1] WHERE row[1] AND (row[0] >= absolute OR row[0] > relative)
    AND row[0] >= $min_amount] AS row
  RETURN asset, row[0] AS value, row[2] AS every, absolute, relative
}
WITH *, [t IN every WHERE NOT 'change' IN coalesce(t.flags, [])] AS parts
WITH asset, value, every, absolute, relative,
     COLLECT { UNWIND parts AS t RETURN t ORDER BY t.ts, t.ledger, t.ord, t.id } AS parts
WHERE parts <> []
WITH * ORDER BY value DESC, parts[0].id
WITH collect([asset, value, every, absolute, relative, parts]) AS found
WITH found, CASE WHEN size(found) > $limit THEN size(found) - $limit ELSE 0 END AS cut
UNWIND found[..$limit] AS f
WITH f[0] AS asset, f[1] AS value, f[2] AS every, f[3] AS absolute, f[4] AS relative, f[5] AS parts,
     cut
CALL (parts, value) {
  UNWIND parts AS t
  WITH startNode(t) AS a, sum(t.amount) AS moved, value ORDER BY a.id
  RETURN collect(a) AS senders, collect(moved / value) AS sent
}
CALL (parts, value) {
  UNWIND parts AS t
  WITH endNode(t) AS a, sum(t.amount) AS moved, value ORDER BY a.id
  RETURN collect(a) AS receivers, collect(moved / value) AS received
}
CALL (every) {
  UNWIND every AS t
  RETURN count(DISTINCT startNode(t)) AS inputs, count(DISTINCT CASE
    WHEN t.kind IN ['utxo', 'coinbase'] THEN split(t.id, ':')[3] ELSE t.id END) AS outputs,
    min(t.fee_base) AS fee
}
RETURN [a IN senders + receivers | a.id] AS accounts,
       [a IN senders | 'sender'] + [a IN receivers | 'receiver'] AS roles,
       [t IN parts | t.id] AS transfers, value AS volume, parts[0].timestamp AS started,
       parts[-1].timestamp AS ended, asset, 'temporal' AS variant, cut > 0 AS truncated, cut,
       CASE WHEN parts[0].kind IN ['utxo', 'coinbase'] THEN split(parts[0].id, ':')[2]
         ELSE coalesce(parts[0].tx_id, split(parts[0].id, ':')[2]) END AS transaction,
       value, toString(fee) AS fee_base, inputs AS input_count, outputs AS output_count,
       sent + received AS shares, any(a IN senders + receivers WHERE coalesce(a.is_infra, false)
         OR coalesce(a.kind, '') IN ['pseudo', 'coinbase']) AS touches_infra,
       absolute AS threshold_absolute, relative AS threshold_relative
