"""The job `flows`: derives FLOW from TRANSFER, a range of accounts at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.errors import NotFoundError, StateError
from cypher import flows

if TYPE_CHECKING:
    from cypher.graph import Graph
    from gds_jobs.job import Progress

SUMMARY = "Derives FLOW from TRANSFER: count, amount and times per pair of accounts and asset."
VERSION = "1"
DEFAULTS = {"rebuild": False}
"""`rebuild` derives FLOW anew even where it is fresh."""

RANGE_TRANSFERS = 20_000
"""Transfers in one transaction, unless a single account has more."""


def flows_are_fresh(graph: Graph, network: str | None = None) -> bool:
    """Whether FLOW covers exactly the transfers of a network, or of all."""
    return flows.are_fresh(graph, network)


def derive(graph: Graph, network: str, run: str, progress: Progress) -> int:
    """Derive the FLOW of a network and record what it was derived from.

    Readers may meanwhile see new FLOW of some accounts beside old FLOW of others; it counts as
    stale until the end.

    Raises:
        NotFoundError: the network was never loaded.
        StateError: another run took over.
    """
    begun = graph.write("writes/flows_begin", network=network, run=run)
    if begun.is_empty():
        raise NotFoundError("network", network)
    ranges = account_ranges(graph, network, RANGE_TRANSFERS)
    written = 0
    for step, (first, last) in enumerate(ranges.iter_rows()):
        progress("flows", step, len(ranges))
        done = graph.write("writes/flows_derive", network=network, run=run, first=first, last=last)
        _require_owned(done, network)
        written += int(done["flows"][0])
    ledger, transfers = begun.row(0)
    ended = graph.write(
        "writes/flows_end", network=network, run=run, ledger=ledger, transfers=transfers
    )
    _require_owned(ended, network)
    progress("flows", len(ranges), len(ranges))
    return written


def account_ranges(graph: Graph, network: str, transfers: int) -> pl.DataFrame:
    """Ranges of account ids (`first`, `last`) with about so many transfers out each."""
    accounts = graph.read("lookups/job_run_accounts", network=network)
    chunk = (pl.col("degree") + 1).cum_sum() // transfers
    ends = [pl.col("account").first().alias("first"), pl.col("account").last().alias("last")]
    grouped = accounts.group_by(chunk.alias("chunk"), maintain_order=True).agg(ends)
    return grouped.select("first", "last")


def _require_owned(answer: pl.DataFrame, network: str) -> None:
    if answer.is_empty():
        raise StateError(
            f"Another run took over the FLOW of {network}.", "Let it finish, or run again later."
        )
