// Assets of a network with what tells their type: code, issuer or contract, and class.
//
// mode    read
// shape   columns
// param   prefix: str
// return  asset: str, code: str, issuer: str, native: bool
MATCH (s:Asset)
WHERE s.id STARTS WITH $prefix
WITH s ORDER BY s.id
RETURN collect(s.id) AS asset, collect(coalesce(s.symbol, '')) AS code,
       collect(coalesce(s.issuer, s.contract, '')) AS issuer,
       collect(coalesce(s.asset_class, '') = 'native') AS native
