// Ends tags that an alert's account has by verdicts, those of the given labels, at a moment.
//
// A verdict that stands on another alert of the account, one on other patterns, keeps its tag.
//
// mode    write
// param   alert: str
// param   source: str
// param   labels: list[str]
// param   at: datetime
MATCH (x:Alert {id: $alert})-[:ABOUT]->(a:Account)-[:HAS_TAG]->(g:Tag)
WHERE g.source = $source AND g.label IN $labels AND coalesce(g.expires_at > $at, true)
  AND NOT EXISTS {
    MATCH (a)<-[:ABOUT]-(y:Alert)
    WHERE y.status + ': ' + y.typology_type = g.label
      AND none(hash IN y.pattern_hashes WHERE hash IN x.pattern_hashes)
  }
SET g.expires_at = $at
