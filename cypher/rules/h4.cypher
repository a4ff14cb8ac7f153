// H4: many senders, many recipients, almost nothing kept (mixer or relay).
//
// mode    read
// param   network: str
// param   fairon_in_degree_q99: float = null
// param   fairon_out_degree_q99: float = null
// return  account: str, fairon_in_degree: int, fairon_out_degree: int, fairon_rel: float
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a.fairon_in_degree >= $fairon_in_degree_q99
  AND a.fairon_out_degree >= $fairon_out_degree_q99 AND a.fairon_rel <= 0.05
RETURN a.id AS account, a.fairon_in_degree AS fairon_in_degree,
       a.fairon_out_degree AS fairon_out_degree, a.fairon_rel AS fairon_rel ORDER BY account
