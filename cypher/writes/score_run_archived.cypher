// Notes where the scores of a run went that are no longer in the graph.
//
// mode    write
// param   run: str
// param   archive: str = null
MATCH (r:ScoreRun {id: $run})
SET r.archive = $archive
