// Number of accounts and transfers in the graph, from the statistics of the store.
//
// mode    read
// return  accounts: int, transfers: int
RETURN COUNT { (:Account) } AS accounts, COUNT { ()-[:TRANSFER]->() } AS transfers
