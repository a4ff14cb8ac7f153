// A network's assets with their decimals.
//
// mode    read
// param   network: str
// return  asset: str, decimals: int
MATCH (s:Asset) WHERE s.network = $network
RETURN s.id AS asset, s.decimals AS decimals ORDER BY asset
