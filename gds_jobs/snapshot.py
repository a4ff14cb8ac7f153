"""A window of the graph and what an analyst should know before trusting figures from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import NotFoundError
from core.times import before, from_epoch_ms, window_ms
from cypher.features import networks, only_network
from gds_jobs.windows import resolve

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.graph import Graph
    from gds_jobs.job import RunSpec

GAP_FACTOR = 20
"""A pause between two ledgers is a gap when it is so many times what nine in ten do not exceed."""
SHOWN_GAPS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: `note` is normal but worth knowing, `error` must not be there.

    Attributes:
        count: of what `check` names.
        detail: where, or how large.
    """

    check: str
    severity: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts of a window; times are UTC, `since` and `until` null where it is open.

    Attributes:
        since: as asked for; what counts is every ledger that begins from then on, until `until`.
        accounts: with a transfer in the window.
        pairs: ordered pairs of different accounts with one.
        density: pairs / (accounts (accounts - 1)), 0 below two accounts.
        ledgers: with a transfer; the graph does not know of others.
        first_ledger: lowest number of them.
    """

    network: str
    since: datetime | None
    until: datetime | None
    accounts: int
    transfers: int
    pairs: int
    density: float
    ledgers: int
    first_ledger: int | None
    last_ledger: int | None
    first: datetime | None
    last: datetime | None
    findings: tuple[Finding, ...]


def take(graph: Graph, spec: RunSpec) -> Snapshot:
    """Count and check the window of a run.

    Raises:
        NotFoundError: the network was never loaded.
        UsageError: none was named and there are several.
    """
    network = spec.network or only_network(graph)
    if network not in (known := networks(graph)):
        raise NotFoundError("network", network, f"Name one of {', '.join(known) or 'none'}.")
    covered = resolve(graph, network, spec)
    since, until = window_ms(covered.start, covered.end)
    end = spec.as_of or covered.end
    window = {"network": network, "since": since, "until": until}
    ledgers = graph.read("lookups/snapshot_ledgers", **window)
    everyone, active, pairs = graph.read("lookups/snapshot_accounts", **window).row(0)
    possible = active * (active - 1)
    span = ledgers.select(pl.col("first").min(), pl.col("last").max()).row(0)
    lowest, highest = ledgers.select(low=pl.col("ledger").min(), high=pl.col("ledger").max()).row(0)
    first, last = (None if end is None else from_epoch_ms(end) for end in span)
    return Snapshot(
        network=network,
        since=None if spec.window is None or end is None else before(end, spec.window),
        until=end,
        accounts=active,
        transfers=int(ledgers["transfers"].sum()),
        pairs=pairs,
        density=pairs / possible if possible else 0.0,
        ledgers=ledgers.height,
        first_ledger=lowest,
        last_ledger=highest,
        first=first,
        last=last,
        findings=tuple(_findings(ledgers, everyone - active)),
    )


def _findings(ledgers: pl.DataFrame, isolated: int) -> list[Finding]:
    if ledgers.is_empty():
        return [Finding("no transfers", "error", 0, "The window holds none.")]
    totals = ledgers.select(pl.col("transfers", "selves", "ids", "unknown", "unordered").sum())
    transfers, selves, ids, unknown, unordered = totals.row(0)
    backwards = ledgers.filter(pl.col("first") < pl.col("last").cum_max().shift(1))
    found = [
        Finding("isolated accounts", "note", isolated, "of the network, without a transfer here"),
        Finding("self-transfers", "note", selves, f"{selves / transfers:.2%} of the transfers"),
        Finding("amount unknown", "note", unknown, "left out of every sum of amounts"),
        Finding("order unknown", "note", unordered, "not ordered inside their ledger"),
        Finding("same id twice", "error", transfers - ids, "transfers that should not be there"),
        Finding(
            "ledgers back in time",
            "error",
            backwards.height,
            ", ".join(str(number) for number in backwards["ledger"].head(SHOWN_GAPS)),
        ),
    ]
    return [finding for finding in found if finding.count] + _gaps(ledgers)


def _gaps(ledgers: pl.DataFrame) -> list[Finding]:
    """Pauses between ledgers that are long by the ledger's own measure, and numbers left out.

    A missing number is a gap where nine in ten ledgers have the number after that of the one
    before; elsewhere ledgers without a transfer are usual.
    """
    pauses = ledgers.select(
        before=pl.col("ledger").shift(1),
        after="ledger",
        start=pl.col("last").shift(1),
        pause=pl.col("first") - pl.col("last").shift(1),
    ).drop_nulls()
    if pauses.is_empty():
        return []
    step = pl.col("after") - pl.col("before")
    usual = pl.col("pause").quantile(0.9, "lower").clip(0)
    left_out = (step.quantile(0.9, "lower") == 1) & (step > 1)
    long = pauses.filter((pl.col("pause") > GAP_FACTOR * usual) | left_out)
    if long.is_empty():
        return []
    largest = long.sort("pause", "after", descending=[True, False]).head(SHOWN_GAPS)
    shown = [
        f"{from_epoch_ms(start):%Y-%m-%d %H:%M} for {pause / 3_600_000:,.1f} h "
        f"(ledger {before} to {after})"
        for before, after, start, pause in largest.iter_rows()
    ]
    return [Finding("gaps between ledgers", "note", long.height, "; ".join(shown))]
