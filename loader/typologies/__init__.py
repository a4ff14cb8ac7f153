"""Open folder: one typology or benign look-alike per file, each defining `TYPOLOGY`."""
