// Assets of a network whose unit is the US dollar: worth 1.0 each on every day.
//
// mode    read
// param   network: str
// return  asset: str
MATCH (a:Asset {network: $network})
WHERE a.asset_class = 'fiat' AND a.symbol IN ['USD', 'US Dollar']
RETURN a.id AS asset ORDER BY asset
