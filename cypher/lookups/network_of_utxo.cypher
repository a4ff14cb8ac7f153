// Whether a network's ledger is one of unspent outputs, which all of its transfers tell.
//
// mode    read
// param   network: str
// return  utxo: bool
MATCH (:Account {network: $network})-[t:TRANSFER]->()
WHERE t.ledger >= 0 AND t.kind <> 'fee'
RETURN t.kind IN ['utxo', 'coinbase'] AS utxo LIMIT 1
