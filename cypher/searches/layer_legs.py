"""Transfers between the groups of a stack, by window: who pays whom, and after what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cypher.searches.layer_table import LayerTable, Windows
    from cypher.searches.layers import Side

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Legs = tuple[Integers, Integers]
    """Window and row of every transfer."""


def ends(table: LayerTable, legs: Legs) -> tuple[Integers, Integers]:
    """Keys of payers and receivers in their windows."""
    first = legs[0] * table.hops.nodes
    return first + table.hops.source[legs[1]], first + table.hops.target[legs[1]]


def onward(table: LayerTable, some: Windows, side: Side) -> Legs:
    """What the members of a side pay in their windows."""
    place, row = table.reached(table.out, side.node, some, side.window)
    return side.window[place], row


def pairs(table: LayerTable, legs: Legs) -> pl.DataFrame:
    """`source` and `target`, keys of the distinct pairs of accounts."""
    return pl.DataFrame(list(ends(table, legs)), schema=["source", "target"]).unique()


def inside(table: LayerTable, sides: Sequence[Side], left: Sequence[Flags], legs: Legs) -> Legs:
    """Transfers from members of one side to members of the other."""
    keep = np.ones(len(legs[0]), dtype=np.bool_)
    for side, members, key in zip(sides, left, ends(table, legs), strict=True):
        keep &= side.holds(members, legs[0], key)
    return legs[0][keep], legs[1][keep]


def later(table: LayerTable, ins: Legs, outs: Legs, *, same_ledger: bool) -> Legs:
    """Transfers that an account makes after one of those that it gets in the window.

    Args:
        table: a network's transfers.
        ins: what accounts get.
        outs: what accounts pay.
        same_ledger: whether the order inside a ledger counts where it is not known.
    """
    got = pl.DataFrame({
        "key": ends(table, ins)[1],
        "block": table.block[ins[1]],
        "order": table.order[ins[1]],
        "loose": table.unordered[ins[1]],
    })  # fmt: skip
    earliest = (
        got.filter(pl.col("block") == pl.col("block").min().over("key"))
        .group_by("key")
        .agg(
            pl.col("block").first(),
            pl.col("order").filter(~pl.col("loose")).min(),
            pl.col("loose").any() & same_ledger,
        )
    )
    sent = pl.DataFrame({
        "key": ends(table, outs)[0],
        "at": table.block[outs[1]],
        "place": table.order[outs[1]],
        "unknown": table.unordered[outs[1]],
    })  # fmt: skip
    told = (pl.col("place") > pl.col("order")).fill_null(value=False) | pl.col("loose")
    follows = (pl.col("at") > pl.col("block")) | (
        (pl.col("at") == pl.col("block"))
        & pl.when("unknown").then(pl.lit(same_ledger)).otherwise(told)
    )
    joined = sent.join(earliest, on="key", how="left", maintain_order="left")
    keep = joined.select(follows.fill_null(value=False).alias("keep"))["keep"].to_numpy()
    return outs[0][keep], outs[1][keep]
