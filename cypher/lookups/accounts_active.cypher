// How many accounts have a transfer, fees and unconfirmed ones left out.
//
// mode    read
// param   network: str
// param   asset: str = null
// return  accounts: int
MATCH (a:Account)
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND EXISTS {
  (a)-[t:TRANSFER]-()
  WHERE coalesce(t.ledger, -1) >= 0 AND t.kind <> 'fee' AND ($asset IS NULL OR t.asset = $asset)
}
RETURN count(a) AS accounts
