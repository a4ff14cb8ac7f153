"""Columnar sums by account: what the families of features and the rules are made of."""
