// H1: collects from unusually many senders and passes almost all of it to at most three recipients
// (collection point, e.g. ransom or scam proceeds).
//
// mode    read
// param   network: str
// param   fairon_in_degree_q99: float = null
// return  account: str, fairon_in_degree: int, fairon_out_degree: int, fairon_rel: float
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a.fairon_in_degree >= $fairon_in_degree_q99 AND a.fairon_out_degree <= 3
  AND a.fairon_rel <= 0.05
RETURN a.id AS account, a.fairon_in_degree AS fairon_in_degree,
       a.fairon_out_degree AS fairon_out_degree, a.fairon_rel AS fairon_rel ORDER BY account
