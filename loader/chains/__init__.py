"""How the ledgers of chains become transfers: what the formats of one chain share."""
