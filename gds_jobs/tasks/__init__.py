"""One job that is neither a feature family nor a GDS algorithm per file; its name is the file's."""
