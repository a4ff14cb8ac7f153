"""Files as rows: text, tables, JSON and Parquet in pieces of bounded size, nothing inferred."""
