// Time of a network's last transfer in a range.
//
// mode    read
// param   network: str
// param   since: datetime = null
// param   until: datetime = null
// return  last: int
WITH coalesce($since.epochMillis, -9223372036854775808) AS since,
     coalesce($until.epochMillis, 9223372036854775807) AS until
MATCH (a:Account)-[t:TRANSFER]->()
WHERE a.id >= $network + ':' AND a.id < $network + ';' AND t.ledger >= 0
  AND t.ts >= since AND t.ts < until
RETURN max(t.ts) AS last
