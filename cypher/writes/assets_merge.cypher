// Creates assets that are not there; what exists stays as it is.
//
// mode    write
// param   assets: list[list]
UNWIND $assets AS row
MERGE (a:Asset {id: row[0]})
ON CREATE SET a.network = row[1], a.symbol = row[2], a.issuer = row[3], a.contract = row[4],
              a.decimals = row[5], a.asset_class = row[6]
