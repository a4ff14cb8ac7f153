"""Derives FLOW from TRANSFER: of pairs with new transfers, or of all, a range at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError, StateError
from core.schema import RunState
from cypher import flows, touched
from cypher.touched import Mark
from gds_jobs.accounts import RANGE_TRANSFERS, account_ranges
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    import polars as pl

    from gds_jobs.job import Context

PAIRS = 5_000
"""Pairs derived in one transaction."""


def _work(context: Context) -> Outcome:
    graph, network = context.graph, context.network
    rebuild = bool(context.parameters["rebuild"])
    if not rebuild and flows.are_fresh(graph, network):
        return Outcome(state=RunState.SKIPPED, error="FLOW is fresh already.")
    begun = graph.write("writes/flows_begin", network=network, run=context.run)
    if begun.is_empty():
        raise NotFoundError("network", network)
    ledger, transfers, *before = begun.row(0)
    pairs = None
    if not rebuild and None not in before and ledger is not None:
        pairs = touched.pairs(graph, network, Mark(*before), Mark(ledger, transfers))
    written = _derive(context) if pairs is None else _derive_pairs(context, pairs)
    ended = graph.write(
        "writes/flows_end", network=network, run=context.run, ledger=ledger, transfers=transfers
    )
    _require_owned(ended, network)
    return Outcome(written, {"pairs": None if pairs is None else pairs.height})


def _derive(context: Context) -> int:
    """Derive all FLOW of the network; its number.

    Readers may meanwhile see new FLOW of some accounts beside old FLOW of others; it counts as
    stale until the end.

    Raises:
        StateError: another run took over.
    """
    graph, network = context.graph, context.network
    ranges = account_ranges(graph, network, RANGE_TRANSFERS)
    written = 0
    for step, (first, last) in enumerate(ranges.iter_rows()):
        context.progress("flows", step, len(ranges))
        done = graph.write(
            "writes/flows_derive", network=network, run=context.run, first=first, last=last
        )
        _require_owned(done, network)
        written += int(done["flows"][0])
    context.progress("flows", len(ranges), len(ranges))
    return written


def _derive_pairs(context: Context, pairs: pl.DataFrame) -> int:
    """Derive the FLOW between pairs that have new transfers; its number."""
    written = 0
    batches = list(pairs.sort("source", "target").iter_slices(PAIRS))
    for step, batch in enumerate(batches):
        context.progress("flows", step, len(batches))
        done = context.graph.write(
            "writes/flows_derive_pairs",
            network=context.network,
            run=context.run,
            sources=batch["source"],
            targets=batch["target"],
        )
        _require_owned(done, context.network)
        written += int(done["flows"][0])
    context.progress("flows", len(batches), len(batches))
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
"""`rebuild` derives all FLOW anew, even where it is fresh."""
