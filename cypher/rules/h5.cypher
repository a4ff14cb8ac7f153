// H5: money goes back and forth with a partner in unusual volume or frequency (wash trading).
//
// mode    read
// param   network: str
// param   fairon_two_node_loop_amount_q99_positive: float = null
// param   fairon_two_node_loop_tx_count_q99_positive: float = null
// return  account: str, fairon_two_node_loop_count: int
// return  fairon_two_node_loop_amount: float, fairon_two_node_loop_tx_count: int
MATCH (a:Account) WHERE a.id >= $network + ':' AND a.id < $network + ';'
  AND a.fairon_two_node_loop_count >= 1
  AND (a.fairon_two_node_loop_amount >= $fairon_two_node_loop_amount_q99_positive
    OR a.fairon_two_node_loop_tx_count >= $fairon_two_node_loop_tx_count_q99_positive)
RETURN a.id AS account, a.fairon_two_node_loop_count AS fairon_two_node_loop_count,
       a.fairon_two_node_loop_amount AS fairon_two_node_loop_amount,
       a.fairon_two_node_loop_tx_count AS fairon_two_node_loop_tx_count ORDER BY account
