// Those of the named assets that the graph has, and whether their unit is the US dollar.
//
// mode    read
// param   assets: list[str]
// return  asset: str, network: str, dollar: bool
UNWIND $assets AS id
MATCH (a:Asset {id: id})
RETURN id AS asset, a.network AS network,
       coalesce(a.asset_class = 'fiat' AND a.symbol IN ['USD', 'US Dollar'], false) AS dollar
