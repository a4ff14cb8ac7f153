// Assets of a network, for the comparison with a source.
//
// mode    read
// param   network: str
// return  id: str, network: str, symbol: str, issuer: str, contract: str, decimals: int
// return  asset_class: str
MATCH (a:Asset)
WHERE a.id STARTS WITH $network + ':'
RETURN a.id AS id, toStringOrNull(a.network) AS network, toStringOrNull(a.symbol) AS symbol,
       toStringOrNull(a.issuer) AS issuer, toStringOrNull(a.contract) AS contract,
       toIntegerOrNull(a.decimals) AS decimals, toStringOrNull(a.asset_class) AS asset_class
