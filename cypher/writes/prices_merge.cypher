// Creates prices of assets on days, or gives those there the price and precedence said now.
//
// mode    write
// param   prices: list[list]
// param   precedence: int
UNWIND $prices AS row
MERGE (p:Price {asset: row[0], date: date(row[1]), source: row[2]})
SET p.network = row[3], p.price = row[4], p.precedence = $precedence
