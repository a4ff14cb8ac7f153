// Answers, if the database does.
//
// mode    read
// return  alive: int
RETURN 1 AS alive
