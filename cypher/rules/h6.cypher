// H6: takes part in three-account loops in unusual volume or frequency (circular laundering).
//
// mode    read
// param   network: str
// param   fairon_triangle_loop_amount_q99_positive: float = null
// param   fairon_triangle_loop_tx_count_q99_positive: float = null
// return  account: str, fairon_triangle_loop_count: int
// return  fairon_triangle_loop_amount: float, fairon_triangle_loop_tx_count: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a.fairon_triangle_loop_count >= 1
  AND (a.fairon_triangle_loop_amount >= $fairon_triangle_loop_amount_q99_positive
    OR a.fairon_triangle_loop_tx_count >= $fairon_triangle_loop_tx_count_q99_positive)
RETURN a.id AS account, a.fairon_triangle_loop_count AS fairon_triangle_loop_count,
       a.fairon_triangle_loop_amount AS fairon_triangle_loop_amount,
       a.fairon_triangle_loop_tx_count AS fairon_triangle_loop_tx_count ORDER BY account
