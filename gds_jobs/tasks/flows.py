"""Derives FLOW from TRANSFER, a range of accounts at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError, StateError
from core.schema import RunState
from cypher import flows
from gds_jobs.accounts import RANGE_TRANSFERS, account_ranges
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    import polars as pl

    from cypher.graph import Graph
    from gds_jobs.job import Context, Progress


def _work(context: Context) -> Outcome:
    rebuild = bool(context.parameters["rebuild"])
    if not rebuild and flows.are_fresh(context.graph, context.network):
        return Outcome(state=RunState.SKIPPED, error="FLOW is fresh already.")
    return Outcome(derive(context.graph, context.network, context.run, context.progress))


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


def _require_owned(answer: pl.DataFrame, network: str) -> None:
    if answer.is_empty():
        raise StateError(
            f"Another run took over the FLOW of {network}.", "Let it finish, or run again later."
        )


JOB = Task(
    summary="Derives FLOW from TRANSFER: count, amount and times per pair of accounts and asset.",
    work=_work,
    defaults={"rebuild": False},
)
"""`rebuild` derives FLOW anew even where it is fresh."""
