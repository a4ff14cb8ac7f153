// Number of transfers, for the progress of an export.
//
// mode    read
// return  transfers: int
MATCH ()-[t:TRANSFER]->()
RETURN count(t) AS transfers
