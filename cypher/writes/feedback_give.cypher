// Records a verdict on an alert and what becomes of the alert; the same id records it once.
//
// mode    write
// param   alert: str
// param   id: str
// param   verdict: str
// param   status: str
// param   analyst: str
// param   comment: str = null
// param   confidence: float
// param   at: datetime
// param   expires_at: datetime = null
// param   muted_until: datetime = null
// return  account: str, network: str, typology_type: str
MATCH (x:Alert {id: $alert})-[:ABOUT]->(a:Account)
MERGE (f:Feedback {id: $id})
SET f.verdict = $verdict, f.analyst = $analyst, f.comment = $comment, f.confidence = $confidence,
    f.at = $at, f.expires_at = $expires_at, f.muted_until = $muted_until, f.network = x.network,
    x.status = $status, x.status_at = $at
MERGE (f)-[:ON]->(x)
RETURN a.id AS account, x.network AS network, x.typology_type AS typology_type
