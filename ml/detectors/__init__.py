"""OPEN: one detector per file that needs no labels, as an `ml.contract.Model` named DETECTOR."""
