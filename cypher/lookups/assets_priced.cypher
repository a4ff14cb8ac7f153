// Assets of a network whose unit is the US dollar, and so the value of a transfer in fiat.
//
// mode    read
// param   network: str
// return  asset: str, price: float
MATCH (a:Asset {network: $network})
WHERE a.asset_class = 'fiat' AND a.symbol IN ['USD', 'US Dollar']
RETURN a.id AS asset, 1.0 AS price
