// Creates accounts that a source lists; what exists stays as it is, but for a kind told later,
// which counts as if told first, so that the order of loads does not matter.
//
// mode    write
// param   network: str
// param   accounts: list[list]
UNWIND $accounts AS row
MERGE (a:Account {id: row[0]})
ON CREATE SET a.network = $network, a.address = row[1], a.kind = row[2],
              a.members = row[3],
              a.is_infra = CASE WHEN row[2] IN ['pseudo', 'coinbase'] THEN true END
FOREACH (_ IN CASE WHEN row[2] <> 'account' AND a.kind = 'account' THEN [1] ELSE [] END |
  SET a.kind = row[2], a.members = coalesce(row[3], a.members),
      a.is_infra = CASE WHEN row[2] IN ['pseudo', 'coinbase'] THEN true ELSE a.is_infra END)
