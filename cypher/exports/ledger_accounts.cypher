// Accounts of a network as columns, with what keeps some out of analyses.
//
// number is the database's; infra tells infrastructure, pseudo a pseudo account (coinbase, fees).
//
// mode    read
// shape   columns
// param   network: str
// return  number: int, account: str, infra: bool, pseudo: bool
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
WITH a ORDER BY a.id
RETURN collect(id(a)) AS number, collect(a.id) AS account,
       collect(coalesce(a.is_infra, false)) AS infra,
       collect(coalesce(a.kind, '') IN ['pseudo', 'coinbase']) AS pseudo
