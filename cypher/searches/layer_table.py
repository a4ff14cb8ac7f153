"""Transfers by payer and by receiver, and the windows that begin with a transfer.

A node is an account within an asset. Rows are those of the hop table, in time order, so that a
range of time is a range of rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher.searches import hop_table, order
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.hop_table import HopTable

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Windows:
    """Ranges of rows [low, high) that begin with a transfer into a node.

    Attributes:
        node: the receiver of the first transfer.
        low, high: rows.
        first, last: the range of `LayerTable.legs` that lies in the window.
        cut: transfers into the node that the truncation limit left out.
    """

    node: Integers
    low: Integers
    high: Integers
    first: Integers
    last: Integers
    cut: Integers

    def take(self, rows: Integers | Flags | slice) -> Windows:
        """Some of the windows."""
        return Windows(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Index:
    """Rows sorted by node and time; the key orders by node and row."""

    rows: Integers
    key: Integers


@dataclass(frozen=True, slots=True)
class LayerTable:
    """A network's transfers, ready to be looked up by either end.

    Attributes:
        hops: the transfers.
        out, into: by payer and by receiver.
        previous: by row, the row before of the same two nodes, or -1.
        legs: rows by receiver and time, of each receiver at most truncation_limit.
        block, order, unordered: by row, its ledger's number, its place in it and whether that is
            unknown.
    """

    hops: HopTable
    out: Index
    into: Index
    previous: Integers
    legs: Integers
    block: Integers
    order: Integers
    unordered: Flags

    def reached(
        self, index: Index, nodes: Integers, windows: Windows, which: Integers
    ) -> tuple[Integers, Integers]:
        """Rows of the nodes in their windows, each with the place of its node."""
        height = len(self.previous) + 1
        low = np.searchsorted(index.key, nodes * height + windows.low[which])
        high = np.searchsorted(index.key, nodes * height + windows.high[which])
        place, row = spread(low, high)
        return place, index.rows[row]


def read(reading: Reading, network: str, bound: Mapping[str, object]) -> LayerTable:
    """Read a network's transfers of the range and asset asked for."""
    limits = hop_table.Limits.of_hubs(bound)
    hops = hop_table.transfers(reading, network, bound, limits)
    rows = hops.rows
    pair = pl.DataFrame({"s": hops.source, "t": hops.target}).with_row_index("row")
    previous = pair.select(pl.col("row").cast(pl.Int64).shift(1).over("s", "t").fill_null(-1))
    return LayerTable(
        hops,
        _index(hops.source),
        _index(hops.target),
        previous.to_series().to_numpy(),
        _legs(hops, bound),
        order.blocks(rows),
        rows["ord"].to_numpy(),
        rows["unordered"].to_numpy(),
    )


def _index(node: Integers) -> Index:
    rows = np.argsort(node, kind="stable")
    return Index(rows, node[rows] * (len(node) + 1) + rows)


def _legs(hops: HopTable, bound: Mapping[str, object]) -> Integers:
    """Rows by receiver, those that the truncation limit leaves."""
    limit = cast("int", bound["truncation_limit"])
    place = order.looked_at(hops.rows, str(bound["truncation_order"]))
    rows = np.flatnonzero(order.first(hops.target, place, limit))
    return rows[np.argsort(hops.target[rows], kind="stable")]


def windows(table: LayerTable, bound: Mapping[str, object]) -> Windows:
    """One window for every node and time of a leg."""
    span = cast("timedelta", bound["window"]) // timedelta(milliseconds=1)
    ts, node = table.hops.rows["ts"].to_numpy(), table.hops.target[table.legs]
    moment = ts[table.legs]
    opens = np.ones(len(node), dtype=np.bool_)
    opens[1:] = (node[1:] != node[:-1]) | (moment[1:] != moment[:-1])
    first = np.flatnonzero(opens)
    low = np.searchsorted(ts, moment[first])
    high = np.searchsorted(ts, moment[first] + span, "right")
    height = len(ts) + 1
    last = np.searchsorted(node * height + table.legs, node[first] * height + high)
    size = np.bincount(table.hops.target, minlength=table.hops.nodes)
    kept = np.bincount(node, minlength=table.hops.nodes)
    return Windows(node[first], low, high, first, last, (size - kept)[node[first]])
