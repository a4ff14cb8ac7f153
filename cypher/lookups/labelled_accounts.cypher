// Accounts of a network that a label marks, and from when on it holds.
//
// A tag counts that was known at as_of (null is now), has not expired by then and is confident
// enough; blacklisted takes tags of that trust level whatever their category. since is epoch
// milliseconds, null is always.
//
// mode    read
// param   network: str
// param   categories: list[str]
// param   blacklisted: bool = false
// param   min_confidence: float = 0
// param   as_of: datetime = null
// return  account: str, since: int
WITH coalesce($as_of, datetime()) AS moment
MATCH (a:Account)-[:HAS_TAG]->(t:Tag)
WHERE t.network = $network
  AND (t.category IN $categories OR $blacklisted AND t.trust_level = 'blacklisted')
  AND coalesce(t.confidence, 0.5) >= $min_confidence
  AND (t.known_from IS NULL OR t.known_from <= moment)
  AND (t.expires_at IS NULL OR t.expires_at > moment)
WITH a, collect(t.valid_from) AS starts, count(*) AS tags
RETURN a.id AS account,
       CASE size(starts) WHEN tags THEN reduce(first = head(starts), s IN starts |
         CASE WHEN s < first THEN s ELSE first END).epochMillis END AS since
ORDER BY account
