// What a network's transfers of a range are, ledger by ledger, as columns.
//
// Half-open window [since, until) in epoch milliseconds; fees and unconfirmed transfers stay out.
//
// mode    read
// shape   columns
// param   network: str
// param   since: int
// param   until: int
// return  ledger: int, first: int, last: int, transfers: int, selves: int, ids: int
// return  unknown: int, unordered: int
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger >= 0 AND t.ts >= $since AND t.ts < $until AND a.network = $network
  AND t.kind <> 'fee'
WITH t.ledger AS ledger, min(t.ts) AS first, max(t.ts) AS last, count(*) AS transfers,
     count(CASE WHEN a = b THEN 1 END) AS selves, count(DISTINCT t.id) AS ids,
     count(CASE WHEN t.amount IS NULL THEN 1 END) AS unknown,
     count(CASE WHEN 'order_unknown' IN t.flags THEN 1 END) AS unordered
ORDER BY ledger
RETURN collect(ledger) AS ledger, collect(first) AS first, collect(last) AS last,
       collect(transfers) AS transfers, collect(selves) AS selves, collect(ids) AS ids,
       collect(unknown) AS unknown, collect(unordered) AS unordered
