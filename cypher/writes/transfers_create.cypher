// Creates one batch of transfers and the accounts at their ends.
//
// Accounts are merged once a batch and then addressed by their place in the list, so that no
// transfer looks its ends up again. A kind told later counts as if told first, so that the order
// of loads does not matter. Lists instead of maps: a row is sent without its keys.
//
// mode    write
// param   network: str
// param   accounts: list[list]
// param   transfers: list[list]
UNWIND $accounts AS row
MERGE (a:Account {id: row[0]})
ON CREATE SET a.network = $network, a.address = row[1], a.kind = row[2],
              a.first_seen = row[3], a.last_seen = row[4],
              a.is_infra = CASE WHEN row[2] IN ['pseudo', 'coinbase'] THEN true END
FOREACH (_ IN CASE WHEN row[2] <> 'account' AND a.kind = 'account' THEN [1] ELSE [] END |
  SET a.kind = row[2],
      a.is_infra = CASE WHEN row[2] IN ['pseudo', 'coinbase'] THEN true ELSE a.is_infra END)
FOREACH (_ IN CASE WHEN a.first_seen <= row[3] THEN [] ELSE [1] END | SET a.first_seen = row[3])
FOREACH (_ IN CASE WHEN a.last_seen >= row[4] THEN [] ELSE [1] END | SET a.last_seen = row[4])
WITH collect(a) AS accounts
UNWIND $transfers AS row
WITH accounts[row[0]] AS source, accounts[row[1]] AS target, row
CREATE (source)-[r:TRANSFER {
  id: row[2], asset: row[3], amount_base: row[4], amount: row[5],
  timestamp: datetime({epochMillis: row[6]}), ts: row[6], ledger: row[7], ord: row[8],
  kind: row[9], flags: row[10], tx_id: row[11]
}]->(target)
FOREACH (extras IN CASE WHEN row[12] IS NULL THEN [] ELSE [row[12]] END | SET r += extras)
