// What analysts muted: account and pattern hash of dismissed alerts, where the last word says so.
//
// mode    read
// param   network: str
// param   moment: datetime
// return  account: str, pattern_hash: str, feedback: str
MATCH (f:Feedback)-[:ON]->(x:Alert {network: $network})-[:ABOUT]->(a:Account)
WITH x, a, f ORDER BY f.at DESC, f.id
WITH x, a, collect(f)[0] AS last
WHERE last.verdict = 'dismissed' AND last.muted_until > $moment
UNWIND x.pattern_hashes AS hash
RETURN DISTINCT a.id AS account, hash AS pattern_hash, last.id AS feedback
