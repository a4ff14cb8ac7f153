"""Ledger records to transfer frames to graph: formats, streaming load, label packs."""
