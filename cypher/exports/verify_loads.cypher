// The loads that created transfers of a network: their files and their range of ledgers.
//
// mode    read
// param   network: str
// return  files: str, first_ledger: int, last_ledger: int
MATCH (b:LoadBatch {network: $network})
WHERE b.transfers > 0 OR b.accounts > 0
RETURN coalesce(b.files, '[]') AS files, b.first_ledger AS first_ledger,
       b.last_ledger AS last_ledger
