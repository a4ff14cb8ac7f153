// Removes what a network has beside accounts and its Checkpoint, at most so many nodes at once.
//
// A score run over all networks goes when it scores nobody any more; archived ones stay.
//
// mode    write
// param   network: str
// param   limit: int
// return  nodes: int, relationships: int
MATCH (n:Asset|Price|Tag|LoadBatch|JobRun|ScoreRun|Pattern|Alert|AlertCluster|Feedback|InfraProposal
  |FeedState)
WHERE n.network = $network
   OR (n:ScoreRun AND n.network IS NULL AND n.archive IS NULL AND n.state IN ['active', 'retired']
       AND NOT EXISTS { (n)<-[:SCORED]-() })
WITH n LIMIT $limit
OPTIONAL MATCH (n)-[r]-()
WITH collect(DISTINCT n) AS nodes, collect(DISTINCT r) AS relationships
FOREACH (r IN relationships | DELETE r)
FOREACH (n IN nodes | DELETE n)
RETURN size(nodes) AS nodes, size(relationships) AS relationships
