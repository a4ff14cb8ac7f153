"""Bipartite groups by columns: candidates of all windows at once, peeled side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from cypher.motifs import Kernel
from cypher.searches import layer_legs, layer_rows, layers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.layer_table import LayerTable, Windows


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    search = partial(_groups, wanted=layers.rule(bound))
    return layer_rows.match(reading, bound, "bipartite", ("source", "destination"), search)


def _groups(table: LayerTable, some: Windows, *, wanted: layers.Rule) -> pl.DataFrame:
    some, seconds = layers.receivers(table, some, wanted)
    firsts, legs = layers.partners(table, some, seconds, wanted, paying=True)
    enough = firsts.size() >= wanted.least
    some, firsts, seconds = (
        some.take(enough),
        *(s.keep(enough, table.hops.nodes) for s in (firsts, seconds)),
    )
    legs = layers.kept_rows(enough, legs)
    pays = layers.matrix(firsts, seconds, legs[0], layer_legs.ends(table, legs))
    left = layers.peel([pays], [firsts, seconds], wanted)
    legs = layer_legs.inside(table, [firsts, seconds], left, legs)
    legs = layer_rows.ordered(layer_rows.opened(table, some, legs), legs)
    pairs = (pays & left[0][:, :, None] & left[1][:, None, :]).sum(axis=(1, 2))
    size = left[0].sum(axis=1) * left[1].sum(axis=1)
    found = layer_rows.frame(some, [firsts, seconds], left, legs)
    at = found["window"].to_numpy()
    return found.with_columns(density=pl.Series(pairs[at] / size[at]))


KERNEL = Kernel(_match)
