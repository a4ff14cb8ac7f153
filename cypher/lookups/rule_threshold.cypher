// The 0.99 quantile of an account property, with linear interpolation between its neighbours.
//
// Position 0.99 * (n - 1). percentileCont is not used: between two equal values it may return
// another one. Infrastructure does not count; positive leaves out what is not above zero. Null
// where no account counts.
//
// mode    read
// param   network: str
// param   key: str
// param   positive: bool
// return  threshold: float, accounts: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a[$key] IS NOT NULL AND NOT coalesce(a.is_infra, false) AND (NOT $positive OR a[$key] > 0)
WITH toFloat(a[$key]) AS value ORDER BY value
WITH collect(value) AS sorted
WITH sorted, 0.99 * (size(sorted) - 1) AS position
WITH sorted, position, toInteger(floor(position)) AS below, toInteger(ceil(position)) AS above
RETURN CASE WHEN sorted <> [] THEN
         sorted[below] + (sorted[above] - sorted[below]) * (position - below) END AS threshold,
       size(sorted) AS accounts
