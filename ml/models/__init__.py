"""OPEN: one PyG model per file, an `ml.contract.Model` named MODEL; the file name is its name."""
