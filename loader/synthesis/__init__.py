"""Made-up ledgers: simulated traffic, and typologies planted into a ledger."""
