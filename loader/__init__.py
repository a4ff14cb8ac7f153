"""Ledger records to transfer frames to graph: formats, streaming load, label packs."""

from loader.loading import check, load
from loader.report import LoadOptions, LoadProgress, LoadReport

__all__ = ["LoadOptions", "LoadProgress", "LoadReport", "check", "load"]
