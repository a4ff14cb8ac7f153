"""Taint by fifo, over any number of hops: sequential, in exact integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cypher.motifs import Kernel
from cypher.searches import taint, taint_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from cypher.graph import Graph


def _match(graph: Graph, bound: Mapping[str, object]) -> pl.DataFrame:
    return taint_rows.match(graph, "taint_fifo", bound, taint.Fifo())


KERNEL = Kernel(_match)
