// A number that a projection holds of every account, as columns; `whole` tells integers.
//
// mode    read
// shape   columns
// param   name: str
// param   key: str
// return  account: str, infra: bool, value: float, whole: bool
CALL gds.graph.nodeProperty.stream($name, $key) YIELD nodeId, propertyValue
WITH gds.util.asNode(nodeId) AS a, propertyValue AS value
RETURN collect(a.id) AS account, collect(coalesce(a.is_infra, false)) AS infra,
       collect(toFloat(value)) AS value, collect(value IS :: INTEGER) AS whole
