// The features of the given accounts: numbers, texts and truths; copies of scores are left out.
//
// mode    read
// param   accounts: list[str]
// return  account: str, names: list[str], values: any
UNWIND $accounts AS account
MATCH (a:Account {id: account})
WITH a, [name IN keys(a)
         WHERE NOT name STARTS WITH 'score_' AND NOT name IN
           ['first_seen', 'last_seen', 'id', 'network', 'address', 'kind', 'entity', 'is_infra']
         AND valueType(a[name]) IN ['INTEGER NOT NULL', 'FLOAT NOT NULL', 'STRING NOT NULL',
           'BOOLEAN NOT NULL'] | name] AS names
RETURN a.id AS account, names, [name IN names | a[name]] AS values
