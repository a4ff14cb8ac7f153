// H3: funded by a single sender and pays unusually many recipients (distribution of proceeds).
//
// mode    read
// param   network: str
// param   fairon_out_degree_q99: float = null
// return  account: str, fairon_in_degree: int, fairon_out_degree: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a.fairon_in_degree = 1 AND a.fairon_out_degree >= $fairon_out_degree_q99
RETURN a.id AS account, a.fairon_in_degree AS fairon_in_degree,
       a.fairon_out_degree AS fairon_out_degree ORDER BY account
