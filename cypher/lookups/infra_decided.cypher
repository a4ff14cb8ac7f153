// Accounts of a network whose proposal a person has decided on.
//
// mode    read
// param   network: str
// return  account: str
MATCH (a:Account)-[:PROPOSED]->(p:InfraProposal {network: $network})
WHERE p.state <> 'proposed'
RETURN a.id AS account ORDER BY account
