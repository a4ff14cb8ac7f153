"""One GDS algorithm per file; the file name is the job and the account property it writes."""
