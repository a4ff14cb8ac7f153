// Everything of the ledger, without the bookkeeping
MATCH (n:Account|Asset|Tag) RETURN n LIMIT 200;

// The ten highest scores of the run published last, and whom these accounts deal with
MATCH (:Model)-[:ACTIVE_RUN]->(r:ScoreRun)
WITH r ORDER BY r.finished DESC LIMIT 1
MATCH (r)<-[s:SCORED]-(a:Account)
WITH a, s ORDER BY s.value DESC, a.id LIMIT 10
CALL (a) { MATCH path = (a)-[:FLOW]-(:Account) RETURN path LIMIT 30 }
RETURN path;

// One account, its flows in both directions (write its id)
MATCH path = (:Account {id: 'network:address'})-[:FLOW]-(:Account) RETURN path LIMIT 100;

// The transfers between two accounts, in order (write their ids)
MATCH (a:Account {id: 'network:from'})-[t:TRANSFER]->(b:Account {id: 'network:to'})
RETURN t.timestamp, t.asset, t.amount_base, t.id ORDER BY t.ts, t.ledger, t.ord;

// What ran, and how it ended
MATCH (r:JobRun) RETURN r.job, r.network, r.state, r.started, r.finished, r.error
ORDER BY r.started DESC LIMIT 50;

// What was loaded
MATCH (b:LoadBatch) RETURN b.format, b.network, b.state, b.read, b.loaded, b.duplicate
ORDER BY b.started DESC LIMIT 50;

// The first open alerts: account, pattern and everybody in it
MATCH (x:Alert {status: 'open'})
WITH x ORDER BY x.processing_date DESC, x.priority DESC, x.id LIMIT 5
MATCH path = (x)-[:ABOUT]->(:Account)
OPTIONAL MATCH pattern = (:Account)-[:INVOLVED_IN]->(:Pattern)-[:TRIGGERS]->(x)
RETURN path, pattern LIMIT 300;
