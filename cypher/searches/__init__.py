"""Columnar searches over the ledger: the passes that the kernels of motifs are made of."""
