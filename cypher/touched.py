"""What came to a network since it was last looked at, by ledgers and counts of its Checkpoint.

Only transfers above the ledger of that time are found. Where the counts say that others came or
went (loaded late, reorganised, now confirmed), nothing is known and everything is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
