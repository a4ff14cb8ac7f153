// H2: collects from unusually many senders and has not sent anything on (holding account for scam
// or ransom proceeds).
//
// mode    read
// param   network: str
// param   fairon_in_degree_q99: float = null
// return  account: str, fairon_in_degree: int, fairon_out_degree: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a.fairon_in_degree >= $fairon_in_degree_q99 AND a.fairon_out_degree = 0
RETURN a.id AS account, a.fairon_in_degree AS fairon_in_degree,
       a.fairon_out_degree AS fairon_out_degree ORDER BY account
