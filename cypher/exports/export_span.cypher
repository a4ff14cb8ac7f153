// First and last ledger that holds a confirmed transfer, read off the ends of the index.
//
// mode    read
// return  first: int, last: int
MATCH ()-[t:TRANSFER]->()
WHERE t.ledger >= 0
WITH t.ledger AS first ORDER BY first LIMIT 1
MATCH ()-[t:TRANSFER]->()
WHERE t.ledger >= 0
WITH first, t.ledger AS last ORDER BY last DESC LIMIT 1
RETURN first, last
