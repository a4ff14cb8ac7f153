"""Columnar passes in the place of motif queries too slow in Cypher; named as the motif."""
