// The given accounts, those that exist.
//
// mode    read
// param   accounts: list[str]
// return  id: str, network: str, address: str, kind: str, first_seen: int, last_seen: int,
// return  is_infra: bool
UNWIND $accounts AS account
MATCH (a:Account {id: account})
RETURN a.id AS id, a.network AS network, a.address AS address, a.kind AS kind,
       a.first_seen AS first_seen, a.last_seen AS last_seen, a.is_infra AS is_infra
