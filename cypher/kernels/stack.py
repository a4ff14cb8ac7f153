"""Stacks by columns: both layers of all windows at once, peeled side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cypher.motifs import Kernel
from cypher.searches import conserve_sums, layer_legs, layer_rows, layers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.layer_legs import Legs
    from cypher.searches.layer_table import LayerTable, Windows

    Flags = NDArray[np.bool_]

_ROLES = ("source", "intermediary", "destination")


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    return layer_rows.match(reading, bound, "stack", _ROLES, partial(_groups, bound=bound))


def _groups(table: LayerTable, some: Windows, *, bound: Mapping[str, object]) -> pl.DataFrame:
    wanted, nodes = layers.rule(bound), table.hops.nodes
    later = partial(layer_legs.later, table, same_ledger=bool(bound["allow_same_ledger"]))
    some, middle = layers.receivers(table, some, wanted)
    firsts, ins = layers.partners(table, some, middle, wanted, paying=True)
    paid = layers.Side.of(np.unique(layer_legs.ends(table, ins)[1]), len(some.node), nodes)
    enough = (firsts.size() >= wanted.least) & (paid.size() >= wanted.least)
    enough &= layer_rows.opened(table, some, ins)  # else what is left of them is not either
    some = some.take(enough)
    firsts, middle, paid = (side.keep(enough, nodes) for side in (firsts, middle, paid))
    ins = layers.kept_rows(enough, ins)
    outs = later(ins, layer_legs.onward(table, some, paid))
    targets = layer_legs.ends(table, outs)[1]
    far = ~middle.find(targets)[1] & ~firsts.find(targets)[1]
    outs = outs[0][far], outs[1][far]
    common = layer_legs.pairs(table, outs)["target"].to_numpy()
    sides = [firsts, paid, layers.chosen(common, len(some.node), nodes, [], wanted)]
    pays = [
        layers.matrix(sides[at], sides[at + 1], legs[0], layer_legs.ends(table, legs))
        for at, legs in enumerate((ins, outs))
    ]
    left = layers.peel(pays, sides, wanted)
    ins = layer_legs.inside(table, sides[:2], left[:2], ins)
    outs = later(ins, layer_legs.inside(table, sides[1:], left[1:], outs))
    density = _density(table, left, (ins, outs))
    good = (density >= wanted.density) & layer_rows.opened(table, some, ins)
    if bound["variant"] == "conserving":
        good &= conserve_sums.in_band(table.hops.rows, ins, outs, len(good), bound)
    ins, outs = (layer_rows.ordered(good, legs) for legs in (ins, outs))
    got, gave = (conserve_sums.added(table.hops.rows, legs, len(good)) for legs in (ins, outs))
    every = np.append(ins[0], outs[0]), np.append(ins[1], outs[1])
    found = layer_rows.frame(some, sides, left, every)
    at = found["window"].to_numpy()
    return found.with_columns(
        density=pl.Series(density[at]),
        retained_ratio=(pl.Series(gave[at]) / pl.Series(got[at])).fill_nan(None),
        intermediaries=pl.col("side1").list.len().cast(pl.Int64),
    )


def _density(
    table: LayerTable, left: Sequence[Flags], legs: tuple[Legs, Legs]
) -> NDArray[np.float64]:
    """The smaller share of the layers' pairs that are there, by window."""
    shares = []
    for at, one in enumerate(legs):
        window = layer_legs.pairs(table, one)["source"].to_numpy() // table.hops.nodes
        full = left[at].sum(axis=1) * left[at + 1].sum(axis=1)
        shares.append(np.bincount(window, minlength=len(full)) / np.maximum(full, 1))
    return np.asarray(np.minimum(*shares))


KERNEL = Kernel(_match)
