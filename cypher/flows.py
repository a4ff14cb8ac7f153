"""Whether FLOW still says what TRANSFER says: its watermark against the Checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.errors import StateError

if TYPE_CHECKING:
    from cypher.graph import Graph


def watermarks(graph: Graph, network: str | None = None) -> pl.DataFrame:
    """Per network the Checkpoint's ledger and transfers, those FLOW was built at, and `fresh`."""
    frame = graph.read("lookups/flows_watermark", network=network)
    same_ledger = pl.col("flow_ledger").eq_missing(pl.col("ledger"))
    same_count = pl.col("flow_transfers").eq_missing(pl.col("transfers"))
    built = pl.col("flow_transfers").is_not_null()
    return frame.with_columns(fresh=built & same_ledger & same_count)


def are_fresh(graph: Graph, network: str | None = None) -> bool:
    """Whether the FLOW of a network, or of every network, covers exactly its transfers."""
    return bool(watermarks(graph, network)["fresh"].all())


def require_fresh(graph: Graph, network: str | None = None) -> None:
    """Refuse to go on with a stale FLOW.

    Raises:
        StateError: transfers came or went since FLOW was derived.
    """
    frame = watermarks(graph, network)
    stale = frame.filter(~pl.col("fresh"))["network"].to_list()
    if stale:
        raise StateError(
            f"FLOW is behind TRANSFER in {', '.join(stale)}.",
            "Run 'ledgergraph run flows' and try again.",
        )
