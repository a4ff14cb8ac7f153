// How many nodes and relationships there are, the record of migrations left out.
//
// mode    read
// return  nodes: int, relationships: int, accounts: int, transfers: int
RETURN COUNT { (n) WHERE NOT n:Migration } AS nodes, COUNT { ()-->() } AS relationships,
       COUNT { (:Account) } AS accounts, COUNT { ()-[:TRANSFER]->() } AS transfers
