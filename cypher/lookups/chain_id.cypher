// The EVM chain id that the files of a network told last; no row where none did.
//
// mode    read
// param   network: str
// return  chain_id: int
MATCH (b:LoadBatch {network: $network})
WHERE b.chain_id IS NOT NULL
RETURN b.chain_id AS chain_id ORDER BY b.finished DESC LIMIT 1
