"""A network's accounts in ranges that each fit one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from cypher.graph import Graph

RANGE_TRANSFERS = 20_000
"""Transfers of one range, unless a single account has more."""


def account_ranges(graph: Graph, network: str, transfers: int) -> pl.DataFrame:
    """Ranges of account ids (`first`, `last`) with about so many transfers out each."""
    accounts = graph.read("lookups/job_run_accounts", network=network)
    chunk = (pl.col("degree") + 1).cum_sum() // transfers
    ends = [pl.col("account").first().alias("first"), pl.col("account").last().alias("last")]
    grouped = accounts.group_by(chunk.alias("chunk"), maintain_order=True).agg(ends)
    return grouped.select("first", "last")


def clear_property(graph: Graph, network: str, key: str) -> None:
    """Remove a property from a network's accounts: those outside a window keep no old value."""
    for first, last in account_ranges(graph, network, RANGE_TRANSFERS).iter_rows():
        graph.write("writes/account_properties_clear", key=key, first=first, last=last)
