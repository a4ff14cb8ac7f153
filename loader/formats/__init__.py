"""OPEN: one file is one source format; each defines `FORMAT: loader.format.Format`."""
