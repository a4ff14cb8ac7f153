"""Money that one account sends another by way of several: who the branches are, and their walks.

A branch is a source, an account that it pays, and a collector whom that account pays. Pairs of
accounts are looked at before transfers: only where a source and a collector have enough branches
in common are transfers joined, and sources are taken in parts, so that memory stays bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from cypher.searches import fans, hop_table, often, order
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.hop_table import HopTable

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Walks:
    """Pairs of a transfer into a branch and a later one out of it, by group and branch.

    Attributes:
        group: by walk, numbers from 0 of a source and a collector.
        branch: by walk, numbers from 0.
        ins, outs: by walk, rows of the transfers.
        source, collector: by group, nodes.
        middle: by branch, nodes.
    """

    group: Integers
    branch: Integers
    ins: Integers
    outs: Integers
    source: Integers
    collector: Integers
    middle: Integers

    def take(self, walks: Flags, least: int) -> Walks:
        """Some of the walks, of the groups that have enough branches left; numbers stay."""
        group, branch = self.group[walks], self.branch[walks]
        first = np.unique(branch, return_index=True)[1]
        many = np.bincount(group[first], minlength=len(self.source)) >= least
        kept = np.flatnonzero(walks)[many[group]]
        return Walks(
            self.group[kept],
            self.branch[kept],
            self.ins[kept],
            self.outs[kept],
            self.source,
            self.collector,
            self.middle,
        )


@dataclass(frozen=True, slots=True)
class _Index:
    """Rows sorted by a number and time; `key` orders by both."""

    rows: Integers
    key: Integers
    height: int

    @classmethod
    def of(cls, number: Integers, rows: Integers, height: int) -> _Index:
        at = np.lexsort((rows, number))
        return cls(rows[at], number[at] * height + rows[at], height)

    def between(self, number: Integers, low: Integers, high: Integers) -> tuple[Integers, Integers]:
        """The ranges of the index with these numbers and rows in [low, high)."""
        start = np.searchsorted(self.key, number * self.height + low)
        return start, np.maximum(start, np.searchsorted(self.key, number * self.height + high))


@dataclass(frozen=True, slots=True)
class RelayTable:
    """A network's transfers, ready to be joined.

    Attributes:
        hops: the transfers.
        cut: by node, transfers of it as a source and of its branches that truncation left out.
        fan_source, fan_middle, fan_low, fan_high: by fan, a source and a branch in their order,
            the two nodes and the rows in which an answer may lie.
        legs: transfers of the fans.
        pair_source, pair_target, pair_first, pair_last: by pair of nodes, in their order, with its
            first and last row.
        pairs: transfers of the pairs.
        out: transfers by payer.
        looked_at: by row, its place in truncation_order.
        least, limit, gap_ms: parameters.
        same_ledger: whether the order inside a ledger counts where it is not known.
    """

    hops: HopTable
    cut: Integers
    fan_source: Integers
    fan_middle: Integers
    fan_low: Integers
    fan_high: Integers
    legs: _Index
    pair_source: Integers
    pair_target: Integers
    pair_first: Integers
    pair_last: Integers
    pairs: _Index
    out: _Index
    looked_at: Integers
    least: int
    limit: int
    gap_ms: int
    same_ledger: bool


def read(reading: Reading, network: str, bound: Mapping[str, object]) -> RelayTable:
    """Read a network's transfers of the range and asset asked for."""
    limits = hop_table.Limits.of_hubs(bound)
    hops = hop_table.transfers(reading, network, bound, limits)
    source, target, nodes = hops.source, hops.target, hops.nodes
    rows, height = np.arange(len(source)), len(source) + 1
    least, limit = (cast("int", bound[name]) for name in ("min_branches", "truncation_limit"))
    gap, ts = fans.milliseconds(bound["max_gap"]), hops.rows["ts"].to_numpy()
    looked_at = order.looked_at(hops.rows, str(bound["truncation_order"]))
    kept = np.flatnonzero(order.first(source, looked_at, limit))
    cut = np.bincount(source, minlength=nodes) - np.bincount(source[kept], minlength=nodes)
    keys, fan = np.unique(source[kept] * nodes + target[kept], return_inverse=True)
    many = np.bincount(keys // nodes, minlength=nodes) >= least
    wide = many[source[kept]]
    kept, fan = kept[wide], (np.cumsum(many[keys // nodes]) - 1)[fan[wide]]
    fan_source, fan_middle = np.divmod(keys[many[keys // nodes]], nodes)
    early = np.full(len(fan_source), np.iinfo(np.int64).max)
    late = np.full(len(fan_source), np.iinfo(np.int64).min)
    np.minimum.at(early, fan, ts[kept])
    np.maximum.at(late, fan, ts[kept])
    low, high = np.searchsorted(ts, early), np.searchsorted(ts, late + gap, "right")
    both, pair = np.unique(source * nodes + target, return_inverse=True)
    pair_source, pair_target = np.divmod(both, nodes)
    first, last = np.full(len(both), height), np.full(len(both), -1)
    np.minimum.at(first, pair, rows)
    np.maximum.at(last, pair, rows)
    pairs, out = _Index.of(pair, rows, height), _Index.of(source, rows, height)
    back, known = _find(both, fan_middle * nodes + fan_source)
    ends = out.between(fan_middle, low, high)
    returned = pairs.between(back, low, high)
    answers = ends[1] - ends[0] - np.where(known, returned[1] - returned[0], 0)
    np.add.at(cut, fan_source, np.maximum(answers - limit, 0))
    return RelayTable(
        hops, cut, fan_source, fan_middle, low, high, _Index.of(fan, kept, height),
        pair_source, pair_target, first, last, pairs, out, looked_at,
        least, limit, gap, bool(bound["allow_same_ledger"]),
    )  # fmt: skip


def walks(table: RelayTable) -> Iterator[Walks]:
    """Walks of the groups that have enough branches, in parts of whole sources."""
    start = np.searchsorted(table.pair_source, table.fan_middle)
    end = np.searchsorted(table.pair_source, table.fan_middle, "right")
    opens = np.flatnonzero(np.diff(table.fan_source, prepend=-1))
    work = np.add.reduceat(end - start, opens) if len(opens) else opens
    ends = np.append(opens, len(start))
    for part in fans.parts(work):
        fan = np.arange(ends[part.start], ends[part.stop])
        which, pair = spread(start[fan], end[fan])
        found = _walks(table, fan[which], pair)
        if len(found.group):
            yield found


def _walks(table: RelayTable, fan: Integers, pair: Integers) -> Walks:
    """Walks of candidates: a fan and a pair that leads on from its branch."""
    apart = table.pair_target[pair] != table.fan_source[fan]
    apart &= table.pair_first[pair] < table.fan_high[fan]
    apart &= table.pair_last[pair] >= table.fan_low[fan]
    fan, pair = fan[apart], pair[apart]
    key = table.fan_source[fan] * table.hops.nodes + table.pair_target[pair]
    kept = often.exactly(key, table.least)
    fan, pair = fan[kept], pair[kept]
    branch, place = spread(*table.pairs.between(pair, table.fan_low[fan], table.fan_high[fan]))
    outs = table.pairs.rows[place]
    looked = _looked_at(table, fan[branch], outs)
    branch, outs = branch[looked], outs[looked]
    ts = table.hops.rows["ts"].to_numpy()
    low = np.searchsorted(ts, ts[outs] - table.gap_ms)
    high = np.searchsorted(ts, ts[outs], "right")
    which, place = spread(*table.legs.between(fan[branch], low, high))
    branch, ins, outs = branch[which], table.legs.rows[place], outs[which]
    follows = _later(table, ins, outs)
    branch, ins, outs = branch[follows], ins[follows], outs[follows]
    key = table.fan_source[fan] * table.hops.nodes + table.pair_target[pair]
    groups, group = np.unique(key, return_inverse=True)
    source, collector = np.divmod(groups, table.hops.nodes)
    found = Walks(group[branch], branch, ins, outs, source, collector, table.fan_middle[fan])
    return found.take(np.ones(len(branch), dtype=np.bool_), table.least)


def _looked_at(table: RelayTable, fan: Integers, outs: Integers) -> Flags:
    """Which answers of fans the truncation limit leaves."""
    some = np.unique(fan)
    low, high = table.out.between(table.fan_middle[some], table.fan_low[some], table.fan_high[some])
    crowded = high - low > table.limit
    kept = np.ones(len(fan), dtype=np.bool_)
    if not crowded.any():
        return kept
    which, place = spread(low[crowded], high[crowded])
    owner, rows = some[crowded][which], table.out.rows[place]
    away = table.hops.target[rows] != table.fan_source[owner]
    owner, rows = owner[away], rows[away]
    first = order.first(owner, table.looked_at[rows], table.limit)
    height = table.out.height
    left = np.sort(owner[first] * height + rows[first])
    tested = np.isin(fan, some[crowded])
    kept[tested] = _find(left, fan[tested] * height + outs[tested])[1]
    return kept


def _later(table: RelayTable, ins: Integers, outs: Integers) -> Flags:
    rows = table.hops.rows
    block, unordered = order.blocks(rows), rows["unordered"].to_numpy()
    number = rows["ord"].to_numpy()
    loose = unordered[ins] | unordered[outs]
    told = np.where(loose, table.same_ledger, number[outs] > number[ins])
    return np.asarray((block[outs] > block[ins]) | ((block[outs] == block[ins]) & told))


def _find(keys: Integers, wanted: Integers) -> tuple[Integers, Flags]:
    """Places of numbers in ascending ones, and whether they are there."""
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=np.bool_)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
