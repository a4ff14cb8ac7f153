// A number that a projection holds of every account, as columns; `whole` tells integers.
//
// mode    read
// shape   columns
// param   name: str
// param   key: str
// return  account: str, value: float, whole: bool
CALL gds.graph.nodeProperty.stream($name, $key) YIELD nodeId, propertyValue
RETURN collect(gds.util.asNode(nodeId).id) AS account, collect(toFloat(propertyValue)) AS value,
       collect(propertyValue IS :: INTEGER) AS whole
