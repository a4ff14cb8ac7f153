// Creates accounts that a source lists; what exists stays as it is.
//
// mode    write
// param   network: str
// param   accounts: list[list]
UNWIND $accounts AS row
MERGE (a:Account {id: row[0]})
ON CREATE SET a.network = $network, a.address = row[1], a.kind = row[2],
              a.members = row[3],
              a.is_infra = CASE WHEN row[2] IN ['pseudo', 'coinbase'] THEN true END
