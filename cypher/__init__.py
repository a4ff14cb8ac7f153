"""Everything said to the database: queries in files, the connection, score runs."""
