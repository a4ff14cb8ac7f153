"""Subgraph to PyG to scores: export, models, training, evaluation, scoring."""
