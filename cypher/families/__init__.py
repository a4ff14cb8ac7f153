"""Feature families computed by columnar passes, beside those that are one query."""
