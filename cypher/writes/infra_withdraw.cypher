// Removes undecided proposals that the newest run does not make.
//
// mode    write
// param   network: str
// param   run: str
// return  removed: int
MATCH (p:InfraProposal {network: $network})
WHERE p.state = 'proposed' AND p.run <> $run
DETACH DELETE p
RETURN count(*) AS removed
