"""Groups of accounts of which most pay most of the next group, within windows.

`sides` finds the candidates of a window: the payers' receivers, then those who pay them.
`peel` leaves the members with the smallest shares out until the rest is dense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher.searches import often
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cypher.searches.layer_legs import Legs
    from cypher.searches.layer_table import LayerTable, Windows

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Rule:
    """How many of whom make a group."""

    least: int
    most: int
    density: float
    partners: int


@dataclass(frozen=True, slots=True)
class Side:
    """Members of a group, by window and node.

    Attributes:
        key: window * nodes + node, ascending.
        window, node: what the key is made of.
        start: by window, the place of its first member.
    """

    key: Integers
    window: Integers
    node: Integers
    start: Integers

    @classmethod
    def of(cls, key: Integers, count: int, nodes: int) -> Side:
        """The side with these keys, of so many windows."""
        key = np.sort(key)
        window, node = np.divmod(key, nodes)
        return cls(key, window, node, np.searchsorted(window, np.arange(count + 1)))

    def size(self) -> Integers:
        """Members by window."""
        return np.diff(self.start)

    def keep(self, windows: Flags, nodes: int) -> Side:
        """The side in some of the windows, which are numbered anew."""
        number = np.cumsum(windows) - 1
        kept = windows[self.window]
        key = number[self.window[kept]] * nodes + self.node[kept]
        return Side.of(key, int(windows.sum()), nodes)

    def holds(self, members: Flags, window: Integers, key: Integers) -> Flags:
        """Whether keys are among the members of their windows; members by window and place."""
        place, there = self.find(key)
        there[there] = members[window[there], place[there]]
        return there

    def find(self, key: Integers) -> tuple[Integers, Flags]:
        """The place of keys in their windows, and whether they are there."""
        place = np.minimum(np.searchsorted(self.key, key), max(0, len(self.key) - 1))
        there = self.key[place] == key if len(self.key) else np.zeros(len(key), dtype=np.bool_)
        return place - self.start[self.window[place]] if len(self.key) else place, there


def rule(bound: Mapping[str, object]) -> Rule:
    """The rule that a motif's parameters make."""
    return Rule(
        cast("int", bound["min_side"]),
        cast("int", bound["max_side"]),
        cast("float", bound["min_density"]) - ROUNDING,
        cast("int", bound["min_partners"]),
    )


def payers(table: LayerTable, some: Windows, wanted: Rule) -> Side:
    """Who pays the node that a window begins with; none where they are too few."""
    window, place = spread(some.first, some.last)
    key = np.unique(window * table.hops.nodes + table.hops.source[table.legs[place]])
    many = np.bincount(key // table.hops.nodes, minlength=len(some.node)) >= wanted.partners
    return Side.of(key[many[key // table.hops.nodes]], len(some.node), table.hops.nodes)


def partners(
    table: LayerTable, some: Windows, side: Side, wanted: Rule, *, paying: bool
) -> tuple[Side, Legs]:
    """Accounts that enough of a side pay, or that pay enough of it; and these transfers.

    Args:
        table: a network's transfers.
        some: windows.
        side: known members; none of them is one of the new ones.
        wanted: what makes a group.
        paying: whether the new ones pay the side.
    """
    index, other = (table.into, table.hops.source) if paying else (table.out, table.hops.target)
    place, row = table.reached(index, side.node, some, side.window)
    window = side.window[place]
    fresh = table.previous[row] < some.low[window]
    key = window * table.hops.nodes + other[row]
    kept = often.likely(key, wanted.partners, fresh)
    window, row, key, fresh = window[kept], row[kept], key[kept], fresh[kept]
    found = chosen(key[fresh], len(some.node), table.hops.nodes, [side], wanted)
    held = found.find(key)[1]
    return found, (window[held], row[held])


def receivers(table: LayerTable, some: Windows, wanted: Rule) -> tuple[Windows, Side]:
    """Windows with enough accounts that the payers of their node pay in common, and these."""
    first = payers(table, some, wanted)
    seconds, _ = partners(table, some, first, wanted, paying=False)
    own = seconds.find(np.arange(len(some.node)) * table.hops.nodes + some.node)[1]
    enough = own & (seconds.size() >= wanted.least)
    return some.take(enough), seconds.keep(enough, table.hops.nodes)


def kept_rows(windows: Flags, legs: Legs) -> Legs:
    """Transfers in some of the windows, which are numbered anew."""
    kept = windows[legs[0]]
    return (np.cumsum(windows) - 1)[legs[0][kept]], legs[1][kept]


def chosen(key: Integers, count: int, nodes: int, banned: Sequence[Side], wanted: Rule) -> Side:
    """Keys that come often enough, of each window those that come most; of equals all or none."""
    shared = (
        pl.DataFrame({"key": key})
        .group_by("key")
        .agg(pl.len().cast(pl.Int64).alias("common"))
        .filter(pl.col("common") >= wanted.partners)
    )
    keys, common = shared["key"].to_numpy(), shared["common"].to_numpy()
    for other in banned:
        there = other.find(keys)[1]
        keys, common = keys[~there], common[~there]
    window = keys // nodes
    order = np.lexsort((-common, window))
    keys, common, window = keys[order], common[order], window[order]
    start = np.searchsorted(window, np.arange(count + 1))
    beyond = start[:-1] + wanted.most
    many = beyond < start[1:]
    mark = np.zeros(count, dtype=np.int64)
    mark[many] = common[beyond[many]]
    return Side.of(keys[common > mark[window]], count, nodes)


def matrix(first: Side, second: Side, window: Integers, ends: tuple[Integers, Integers]) -> Flags:
    """Which members of the first side pay which of the second, by window; ends as keys."""
    shape = (len(first.start) - 1, first.size().max(initial=1), second.size().max(initial=1))
    pays = np.zeros(shape, dtype=np.bool_)
    left, right = first.find(ends[0]), second.find(ends[1])
    both = left[1] & right[1]
    pays[window[both], left[0][both], right[0][both]] = True
    return pays


def peel(layers: Sequence[Flags], sides: Sequence[Side], wanted: Rule) -> list[Flags]:
    """Members that are left of each side, by window and place; none where that is no group.

    Args:
        layers: `matrix` of each side and the next one.
        sides: candidates.
        wanted: what makes a group.
    """
    widths = [layers[0].shape[1], *(layer.shape[2] for layer in layers)]
    left = [
        np.arange(width) < side.size()[:, None] for width, side in zip(widths, sides, strict=True)
    ]
    active = np.arange(len(layers[0]))
    while len(active):
        held = [side[active] for side in left]
        size = [side.sum(axis=1) for side in held]
        share, dense = _shares([layer[active] for layer in layers], held, wanted)
        least = np.min([part.min(axis=1, initial=1.0) for part in share], axis=0)
        small = np.min(size, axis=0) < wanted.least
        done = small | ((least > 0) & dense)
        for side, kept, part in zip(left, held, share, strict=True):
            side[active] = kept & ((part > least[:, None]) | done[:, None]) & ~small[:, None]
        active = active[~done]
    return left


def _shares(
    layers: Sequence[Flags], held: Sequence[Flags], wanted: Rule
) -> tuple[list[NDArray[np.float64]], Flags]:
    """Each member's smallest share of a side beside its own as partners; whether all is dense.

    Members with too few partners have a share of 0, those that are out one of infinity.
    """
    share = [np.where(side, 1.0, np.inf) for side in held]
    dense = np.ones(len(held[0]), dtype=np.bool_)
    for at, layer in enumerate(layers):
        before, after = held[at], held[at + 1]
        pays = layer & before[:, :, None] & after[:, None, :]
        for side, axis, others in ((at, 2, after), (at + 1, 1, before)):
            many, size = pays.sum(axis=axis), others.sum(axis=1)[:, None]
            part = np.where(many < wanted.partners, 0.0, many / np.maximum(size, 1))
            share[side] = np.minimum(share[side], np.where(held[side], part, np.inf))
        pairs = before.sum(axis=1) * after.sum(axis=1)
        dense &= pays.sum(axis=(1, 2)) >= wanted.density * pairs
    return share, dense
