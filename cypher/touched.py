"""What came to a network since it was last looked at, by ledgers and counts of its Checkpoint.

Only transfers above the ledger of that time are found. Where the counts say that others came or
went (loaded late, reorganised, now confirmed), nothing is known and everything is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cypher import infrastructure

if TYPE_CHECKING:
    import polars as pl

    from cypher.graph import Graph

SHARE = 0.25
"""Above this share of new transfers computing all of it costs no more."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A Checkpoint's ledger and number of transfers."""

    ledger: int
    transfers: int


@dataclass(frozen=True, slots=True)
class State:
    """What features of accounts depend on, beside the accounts' own transfers.

    Attributes:
        ledger, transfers: those of the Checkpoint; no ledger where nothing was loaded.
        removed: transfers that were ever deleted, replaced ones too.
        several: whether more than one asset moves.
        infra: digest of the list of infrastructure.
    """

    ledger: int | None
    transfers: int
    removed: int
    several: bool
    infra: str


def state(graph: Graph, network: str) -> State | None:
    """How a network stands now, or None where it has no Checkpoint."""
    found = graph.read("lookups/features_state", network=network)
    if found.is_empty():
        return None
    ledger, transfers, removed, several = found.row(0)
    infra = infrastructure.digest(graph, network)
    return State(ledger, transfers, removed, several, infra)


def since(graph: Graph, network: str, before: State, now: State) -> pl.DataFrame | None:
    """Pairs with new transfers; None where accounts without any may have other features too."""
    if before.ledger is None or now.ledger is None:
        return None
    same = (before.removed, before.several, before.infra) == (now.removed, now.several, now.infra)
    if not same:
        return None
    marks = Mark(before.ledger, before.transfers), Mark(now.ledger, now.transfers)
    return pairs(graph, network, *marks)


def pairs(graph: Graph, network: str, before: Mark, now: Mark) -> pl.DataFrame | None:
    """Pairs (`source`, `target`) with new transfers, or None where that is not known.

    Args:
        graph: the database.
        network: whose transfers.
        before: what was there when it was looked at.
        now: what is there.
    """
    came = now.transfers - before.transfers
    if came < 0 or came > SHARE * now.transfers or now.ledger < before.ledger:
        return None
    found = graph.read(
        "lookups/pairs_touched", network=network, above=before.ledger, up_to=now.ledger
    )
    return found.drop("transfers") if found["transfers"].sum() == came else None
