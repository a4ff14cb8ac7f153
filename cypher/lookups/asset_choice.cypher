// A network's assets with their decimals and whether they are its native ones.
//
// mode    read
// param   network: str
// return  asset: str, decimals: int, native: bool
MATCH (s:Asset) WHERE s.network = $network
RETURN s.id AS asset, s.decimals AS decimals,
       coalesce(s.asset_class = 'native', false) AS native ORDER BY asset
