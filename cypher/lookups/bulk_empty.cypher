// Whether the graph holds nothing that a bulk load would lose.
//
// Records of migrations and loads and API keys are carried over, a Checkpoint that counts nothing
// says nothing.
//
// mode    read
// return  empty: bool
RETURN NOT EXISTS { (:Account) } AND NOT EXISTS {
  MATCH (n)
  WHERE NOT n:Migration AND NOT n:ApiKey AND NOT n:LoadBatch
        AND NOT (n:Checkpoint AND n.transfers = 0 AND n.accounts = 0)
} AS empty
