// Removes the patterns of a batch that its newest run no longer found, some at once.
//
// One whose alert has feedback stays as its evidence, superseded: nothing new comes of it. Types
// that the run gave up keep what an earlier one found.
//
// mode    write
// param   network: str
// param   processing_date: str
// param   window_days: int
// param   run: str
// param   given_up: list[str]
// param   limit: int = 1000
// return  removed: int
MATCH (p:Pattern {network: $network, processing_date: date($processing_date)})
WHERE p.window_days = $window_days AND p.run <> $run AND p.superseded IS NULL
  AND NOT p.pattern_type IN $given_up
WITH p, EXISTS { (p)-[:TRIGGERS]->(:Alert)<-[:ON]-(:Feedback) } AS judged LIMIT $limit
FOREACH (_ IN CASE WHEN judged THEN [1] ELSE [] END | SET p.superseded = true)
FOREACH (_ IN CASE WHEN judged THEN [] ELSE [1] END | DETACH DELETE p)
RETURN count(*) AS removed
