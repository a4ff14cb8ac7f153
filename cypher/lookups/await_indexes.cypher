// Waits until every index is online.
//
// mode    read
CALL db.awaitIndexes(300)
