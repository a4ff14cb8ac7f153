// The first and last moment (epoch milliseconds) of transfers above a ledger, fees left out.
//
// mode    read
// param   network: str
// param   above: int
// param   asset: str = null
// return  first: int, last: int
MATCH (a:Account)-[t:TRANSFER]->()
USING INDEX t:TRANSFER(ledger)
WHERE t.ledger > $above AND a.network = $network AND t.kind <> 'fee'
  AND ($asset IS NULL OR t.asset = $asset)
RETURN min(t.ts) AS first, max(t.ts) AS last
