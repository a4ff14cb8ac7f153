"""Subgraph, model, scores: nothing here writes to the database, and only here torch is imported."""
