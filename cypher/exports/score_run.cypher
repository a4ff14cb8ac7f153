// Every score of one run.
//
// mode    read
// shape   columns
// param   run: str
// return  account: str, value: float, percentile: float, band: str, reasons: list[str]
MATCH (a:Account)-[s:SCORED]->(:ScoreRun {id: $run})
WITH a, s ORDER BY a.id
WITH collect(a.id) AS account, collect(s) AS scored
// A comprehension keeps the nulls that collect() would drop.
RETURN account, [s IN scored | s.value] AS value, [s IN scored | s.percentile] AS percentile,
       [s IN scored | s.band] AS band, [s IN scored | s.reasons] AS reasons
