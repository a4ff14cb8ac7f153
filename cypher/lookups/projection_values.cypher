// A number that a projection holds of every account, as columns.
//
// mode    read
// shape   columns
// param   name: str
// param   key: str
// return  account: str, value: float
CALL gds.graph.nodeProperty.stream($name, $key) YIELD nodeId, propertyValue
WITH gds.util.asNode(nodeId).id AS id, toFloat(propertyValue) AS value ORDER BY id
RETURN collect(id) AS account, collect(value) AS value
