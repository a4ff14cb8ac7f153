// How many accounts each of a range deals with in a time, and how evenly, as columns.
//
// in_degree and out_degree count distinct senders and recipients, entropy is that of the transfers
// over counterparties in bits. Accounts of infrastructure, pseudo accounts, self-transfers, fees
// and unconfirmed transfers stay out; infrastructure counts as a counterparty.
//
// mode    read
// shape   columns
// param   first: str
// param   last: str
// param   since: datetime = null
// param   until: datetime = null
// return  account: str, in_degree: int, out_degree: int, entropy: float, betweenness: float
MATCH (a:Account) USING INDEX a:Account(id)
WHERE a.id >= $first AND a.id <= $last AND NOT coalesce(a.is_infra, false)
  AND NOT coalesce(a.kind, '') IN ['pseudo', 'coinbase']
CALL (a) {
  MATCH (a)-[t:TRANSFER]-(b:Account)
  WHERE a <> b AND coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee'
    AND ($since IS NULL OR t.ts >= $since.epochMillis)
    AND ($until IS NULL OR t.ts < $until.epochMillis)
  WITH b, count(*) AS times, count(CASE WHEN startNode(t) = b THEN 1 END) AS received
       ORDER BY times  // equal entropies are equal to the last bit
  WITH collect([times, received]) AS dealt, sum(times) AS every
  WHERE every > 0
  RETURN size([d IN dealt WHERE d[1] > 0]) AS in_degree,
         size([d IN dealt WHERE d[0] > d[1]]) AS out_degree,
         reduce(h = 0.0, d IN dealt | h - toFloat(d[0]) / every * log(toFloat(d[0]) / every))
           / log(2) AS entropy
}
RETURN collect(a.id) AS account, collect(in_degree) AS in_degree,
       collect(out_degree) AS out_degree, collect(entropy) AS entropy,
       collect(coalesce(toFloat(a.betweenness), 0.0 / 0.0)) AS betweenness
