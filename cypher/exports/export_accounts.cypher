// Accounts after a given one in the order of their ids, with the numbers of `export_transfers`.
//
// id() is an internal number that holds for the life of a node: short, and free to read, where an
// account's own id costs a property and a string on each end of each transfer.
//
// mode    read
// shape   columns
// param   prefix: str
// param   after: str
// param   limit: int = 200000
// return  number: int, account_id: str, is_infra: bool
MATCH (a:Account)
USING INDEX a:Account(id)
WHERE a.id > $after AND a.id STARTS WITH $prefix
WITH a ORDER BY a.id LIMIT toInteger($limit)
RETURN collect(id(a)) AS number, collect(a.id) AS account_id,
       collect(coalesce(a.is_infra, false)) AS is_infra
