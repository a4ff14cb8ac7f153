"""Windows of time in which enough branches lead from a source to a collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cypher.searches import conserve_sums, fans
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cypher.searches.relays import RelayTable, Walks

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Relay:
    """One instance, as nodes and rows of transfers in their order."""

    source: int
    collector: int
    branches: list[int]
    ins: list[int]
    outs: list[int]


@dataclass(frozen=True, slots=True)
class _Windows:
    """Windows of a number, from a moment to another."""

    number: Integers
    begin: Integers
    end: Integers


def find(table: RelayTable, walks: Walks, bound: Mapping[str, object]) -> Iterator[Relay]:
    """Of every source and collector the largest windows, none that shares a transfer."""
    if bound["variant"] == "conserving":
        # What holds in a window of the group holds in the one its own transfers give a branch.
        some = np.zeros(len(walks.middle), dtype=np.bool_)
        for windows in _windows(table, walks.branch, walks, bound):
            held = _inside(table, windows, walks.branch, walks)
            kept = _conserving(table, held, walks, len(windows.number), bound)
            some[windows.number[kept]] = True
        walks = walks.take(some[walks.branch], table.least)
    found = [
        part
        for windows in _windows(table, walks.group, walks, bound)
        for part in _held(table, windows, walks, bound)
    ]
    found.sort(key=lambda one: (one[0], -len(one[2]) - len(one[3]), one[1]))
    group, taken = -1, set[int]()
    for number, _, ins, outs, branches in found:
        if number != group:
            group, taken = number, set()
        if taken.isdisjoint(ins) and taken.isdisjoint(outs):
            taken.update(ins, outs)
            source, collector = int(walks.source[number]), int(walks.collector[number])
            yield Relay(source, collector, branches, ins, outs)


_Held = tuple[int, tuple[int, int], list[int], list[int], list[int]]
"""Group, window, transfers in and out, and nodes of the branches."""


def _windows(
    table: RelayTable, number: Integers, walks: Walks, bound: Mapping[str, object]
) -> Iterator[_Windows]:
    """Windows of groups, or of branches; conserving ones end with a transfer out."""
    if not len(number):
        return
    ts, span = table.hops.rows["ts"].to_numpy(), fans.milliseconds(bound["window"])
    moments, moment = np.unique(ts, return_inverse=True)
    many = len(moments) + 1
    opens = np.unique(number * many + moment[walks.ins])
    own, begin = opens // many, moments[opens % many]
    if bound["variant"] == "conserving":
        closes = np.unique(number * many + moment[walks.outs])
        low = np.searchsorted(closes, opens)
        high = np.searchsorted(closes, own * many + np.searchsorted(moments, begin + span, "right"))
        which, place = spread(low, high)
        own, begin, end = own[which], begin[which], moments[closes[place] % many]
    else:
        end = begin + span
    size = np.bincount(number)[own]
    for part in fans.parts(size):
        yield _Windows(own[part], begin[part], end[part])


def _inside(
    table: RelayTable, windows: _Windows, number: Integers, walks: Walks
) -> tuple[Integers, Integers]:
    """Walks that lie in the windows of their number: window and walk."""
    ts = table.hops.rows["ts"].to_numpy()
    sequence = np.lexsort((walks.ins, number))
    key = number[sequence] * (len(ts) + 1) + walks.ins[sequence]
    first = np.searchsorted(ts, windows.begin)
    low = np.searchsorted(key, windows.number * (len(ts) + 1) + first)
    high = np.searchsorted(key, (windows.number + 1) * (len(ts) + 1))
    which, place = spread(low, high)
    walk = sequence[place]
    keep = ts[walks.outs[walk]] <= windows.end[which]
    return which[keep], walk[keep]


def _conserving(
    table: RelayTable,
    held: tuple[Integers, Integers],
    walks: Walks,
    count: int,
    bound: Mapping[str, object],
) -> Flags:
    """Which numbers have sums in the band; each of the transfers of their walks counts once."""
    which, walk = held
    height = len(table.hops.source) + 1
    ins, outs = (np.unique(which * height + rows[walk]) for rows in (walks.ins, walks.outs))
    legs = [(key // height, key % height) for key in (ins, outs)]
    return conserve_sums.in_band(table.hops.rows, legs[0], legs[1], count, bound)


def _held(
    table: RelayTable, windows: _Windows, walks: Walks, bound: Mapping[str, object]
) -> Iterator[_Held]:
    """What windows with enough branches hold."""
    which, walk = _inside(table, windows, walks.group, walks)
    if not len(which):
        return
    most = len(walks.middle)
    ways, way = np.unique(which * most + walks.branch[walk], return_inverse=True)
    if bound["variant"] == "conserving":
        good = _conserving(table, (way, walk), walks, len(ways), bound)
        which, walk, way = which[good[way]], walk[good[way]], way[good[way]]
        ways = ways[good]
    enough = np.bincount(ways // most, minlength=len(windows.number)) >= table.least
    keep = enough[which]
    which, walk = which[keep], walk[keep]
    height = len(table.hops.source) + 1
    told = [
        _lists(np.unique(which * size + values), size)
        for values, size in (
            (walks.ins[walk], height),
            (walks.outs[walk], height),
            (walks.middle[walks.branch[walk]], table.hops.nodes),
        )
    ]
    for window, ins, outs, branches in zip(np.unique(which).tolist(), *told, strict=True):
        times = int(windows.begin[window]), int(windows.end[window])
        yield int(windows.number[window]), times, ins, outs, branches


def _lists(keys: Integers, size: int) -> list[list[int]]:
    """Values by number, of keys `number * size + value`."""
    number, value = np.divmod(keys, size)
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return [part.tolist() for part in np.split(value, starts[1:])] if len(keys) else []
