// Makes accounts contracts that a label pack knows as such and that were plain accounts so far.
//
// mode    write
// param   accounts: list[str]
UNWIND $accounts AS id
MATCH (a:Account {id: id})
WHERE coalesce(a.kind, 'account') = 'account'
SET a.kind = 'contract'
