// The largest heap that the server may use, in bytes.
//
// mode    read
// return  bytes: int
CALL dbms.queryJmx('java.lang:type=Memory') YIELD attributes
RETURN attributes.HeapMemoryUsage.value.properties.max AS bytes
