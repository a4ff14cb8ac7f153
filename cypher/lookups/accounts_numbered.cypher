// The accounts of given numbers of the database, in the order of their ids.
//
// mode    read
// shape   columns
// param   numbers: list[int]
// return  number: int, account: str, infra: bool, pseudo: bool
UNWIND $numbers AS number
MATCH (a:Account) WHERE id(a) = number
WITH a ORDER BY a.id
RETURN collect(id(a)) AS number, collect(a.id) AS account,
       collect(coalesce(a.is_infra, false)) AS infra,
       collect(coalesce(a.kind, '') IN ['pseudo', 'coinbase']) AS pseudo
