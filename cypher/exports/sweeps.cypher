// Accounts of a range that pass on almost all they get to a single account: who funds, who
// collects.
//
// Of every asset that came, at least keep_at_most less than all was sent on. funder and funding
// are of the first transfer in; senders are all senders, each with its first transfer. custodial
// tells that the collector is infrastructure or tagged as an exchange; shared senders and funders
// that are either, or have more than hub_degree counterparties, are left out.
//
// mode    read
// param   first: str
// param   last: str
// param   until: datetime
// param   keep_at_most: float = 0.1
// param   hub_degree: int = 1000
// return  account: str, collector: str, custodial: bool, sweep: str, senders: list[str]
// return  deposits: list[str], funder: str, funding: str, funded: datetime
MATCH (d:Account) USING INDEX d:Account(id)
WHERE d.id >= $first AND d.id <= $last AND NOT coalesce(d.is_infra, false)
  AND NOT coalesce(d.kind, '') IN ['pseudo', 'coinbase'] AND EXISTS { (d)-[:TRANSFER]->() }
CALL (d) {
  MATCH (d)-[t:TRANSFER]->(e)
  WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND t.kind <> 'utxo'
    AND t.ts < $until.epochMillis
  WITH e, t ORDER BY t.ts, t.ledger, t.ord, t.id
  WITH collect(DISTINCT e) AS targets, collect(t.id)[0] AS sweep, collect(t) AS out
  WHERE size(targets) = 1
  RETURN targets[0] AS e, sweep, out
}
WITH d, e, sweep, out WHERE e <> d
CALL (d) {
  MATCH (s)-[t:TRANSFER]->(d)
  WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND t.ts < $until.epochMillis
  WITH s, t ORDER BY t.ts, t.ledger, t.ord, t.id
  RETURN collect([s, t]) AS into
}
WITH d, e, sweep, out, into WHERE into <> []
  AND all(asset IN [leg IN into | leg[1].asset] WHERE
    reduce(sum = 0.0, t IN out | sum + CASE WHEN t.asset = asset THEN coalesce(t.amount, 0) ELSE 0
      END)
    >= (1 - $keep_at_most) * reduce(sum = 0.0, leg IN into | sum
       + CASE WHEN leg[1].asset = asset THEN coalesce(leg[1].amount, 0) ELSE 0 END))
CALL (into) {
  UNWIND into AS leg
  WITH leg[0] AS s, collect(leg[1])[0] AS t
  WHERE NOT coalesce(s.is_infra, false) AND NOT coalesce(s.kind, '') IN ['pseudo', 'coinbase']
    AND NOT EXISTS { (s)-[:HAS_TAG]->(:Tag {category: 'exchange'}) }
    AND COUNT { (s)-[:FLOW]-() } <= $hub_degree
  WITH s, t ORDER BY t.ts, t.ledger, t.ord, t.id
  RETURN collect(s.id) AS senders, collect(t.id) AS deposits
}
WITH d, e, sweep, senders, deposits, into[0][0] AS first, into[0][1] AS fund
RETURN d.id AS account, e.id AS collector,
       coalesce(e.is_infra, false) OR EXISTS { (e)-[:HAS_TAG]->(:Tag {category: 'exchange'}) }
         AS custodial,
       sweep, senders, deposits, CASE WHEN first.id IN senders THEN first.id END AS funder,
       fund.id AS funding, fund.timestamp AS funded
ORDER BY account
