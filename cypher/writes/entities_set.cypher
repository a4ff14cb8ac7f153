// Writes to which entity accounts belong; null is none.
//
// mode    write
// param   accounts: list[str]
// param   entities: list[str]
UNWIND range(0, size($accounts) - 1) AS i
MATCH (a:Account {id: $accounts[i]})
SET a.entity = $entities[i]
