// Which of the given account ids are not in the graph.
//
// mode    read
// shape   columns
// param   accounts: list[str]
// return  account: str
UNWIND $accounts AS id
OPTIONAL MATCH (a:Account {id: id})
WITH id, a WHERE a IS NULL
RETURN collect(id) AS account
