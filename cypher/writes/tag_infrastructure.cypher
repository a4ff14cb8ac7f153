// Brings `is_infra`, a copy of tags of category infrastructure, up to date on some accounts.
//
// mode    write
// param   accounts: list[str]
UNWIND $accounts AS id
MATCH (a:Account {id: id})
WITH a, a.kind IN ['pseudo', 'coinbase']
     OR EXISTS { (a)-[:HAS_TAG]->(:Tag {category: 'infrastructure'}) } AS infra
WHERE infra <> coalesce(a.is_infra, false)
SET a.is_infra = CASE WHEN infra THEN true END
