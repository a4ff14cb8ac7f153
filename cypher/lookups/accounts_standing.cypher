// What is known of accounts at a moment: trust, tags, risk within one hop.
//
// trusted: infrastructure, or an exchange, staking, validator or institutional account by a tag of
// trust level verified or official. near_risk: it or a counterparty before the moment is tagged of
// high or critical risk; infrastructure passes no risk on. category and subcategory are those of
// the most confident tag. A tag counts from known_from until expires_at.
//
// mode    read
// param   accounts: list[str]
// param   moment: datetime
// return  account: str, trusted: bool, near_risk: bool, category: str, subcategory: str
UNWIND $accounts AS id
MATCH (a:Account {id: id})
CALL (a) {
  OPTIONAL MATCH (a)-[:HAS_TAG]->(g:Tag)
  WHERE coalesce(g.known_from, $moment) <= $moment AND coalesce(g.expires_at > $moment, true)
  WITH g ORDER BY coalesce(g.confidence, 0.5) DESC, g.id
  RETURN collect(g) AS tags
}
WITH a, tags, [g IN tags WHERE coalesce(g.category, 'unknown') <> 'unknown'] AS named
RETURN a.id AS account,
       coalesce(a.is_infra, false) OR any(g IN tags WHERE g.trust_level IN ['verified', 'official']
         AND g.category IN ['exchange', 'staking', 'validator', 'institutional']) AS trusted,
       any(g IN tags WHERE g.risk_level IN ['high', 'critical']) OR EXISTS {
         MATCH (a)-[t:TRANSFER]-(b:Account)-[:HAS_TAG]->(g:Tag)
         WHERE t.ts < $moment.epochMillis AND coalesce(t.ledger, -1) >= 0
           AND NOT coalesce(b.is_infra, false)
           AND g.risk_level IN ['high', 'critical']
           AND coalesce(g.known_from, $moment) <= $moment AND coalesce(g.expires_at > $moment, true)
       } AS near_risk,
       CASE WHEN named <> [] THEN named[0].category END AS category,
       CASE WHEN named <> [] THEN named[0].subcategory END AS subcategory
