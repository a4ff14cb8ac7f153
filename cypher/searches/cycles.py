"""Finds closed walks of two to six hops over distinct nodes, meeting in the middle.

A walk of k hops from v and back is a walk forward from v of the first half and a walk that ends in
v of the second half; both halves are grown hop by hop in whole columns, and joined where they
meet. So the work grows with the walks of k/2 hops, not of k. What makes a hop follow another is in
the `Hops`: order in time (`in_time`), or only direction (`in_shape`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Integers = NDArray[np.int64]
Range = tuple[Integers, Integers]

BUDGET = 2_000_000
"""Half walks held at a time, as far as the walks of one node allow."""


@dataclass(frozen=True, slots=True)
class Hops:
    """Edges that walks are made of; every bound is inclusive and compares with a `rank`.

    Attributes:
        source, target: nodes from 0, whose numbers follow the order of their ids.
        out_rank, in_rank: order of the edges out of a node, and into it.
        after: ranks that the hop after these walks, given as columns of edges, may have.
        before: ranks that the hop before these walks may have.
        joining: ranks that the first hop of the second half may have after these first halves.
        follows: whether the second edge may follow the first.
        opens: whether a walk from the first node may pass the second.
        closes: whether a walk may have this first and this last edge.
    """

    source: Integers
    target: Integers
    out_rank: Integers
    in_rank: Integers
    after: Callable[[list[Integers]], Range]
    before: Callable[[list[Integers]], Range]
    joining: Callable[[list[Integers]], Range]
    follows: Callable[[Integers, Integers], NDArray[np.bool_]]
    opens: Callable[[Integers, Integers], NDArray[np.bool_]]
    closes: Callable[[Integers, Integers], NDArray[np.bool_]]


def find(hops: Hops, least: int, most: int, *, budget: int = BUDGET) -> Iterator[list[Integers]]:
    """Closed walks of `least` to `most` hops, a table a length: a walk is a row of edges.

    They come in parts of about `budget` half walks, in the order of the nodes that they begin in.
    """
    if not len(hops.source):
        return
    search = _Search(hops)
    ahead, behind = (most + 1) // 2, most // 2
    for low, high in search.chunks(ahead, behind, budget):
        first = search.forward(low, high, ahead)
        second = search.backward(low, high, behind)
        yield [
            search.join(first[(length + 1) // 2 - 1], second[length // 2 - 1])
            for length in range(least, most + 1)
        ]


class _Search:
    def __init__(self, hops: Hops) -> None:
        self.hops = hops
        self.nodes = int(max(hops.source.max(), hops.target.max())) + 1
        self.ranks = int(max(hops.out_rank.max(), hops.in_rank.max())) + 2
        self.out = np.lexsort((hops.out_rank, hops.source))
        self.into = np.lexsort((hops.in_rank, hops.target))
        self.out_key = (hops.source * self.ranks + hops.out_rank)[self.out]
        self.in_key = (hops.target * self.ranks + hops.in_rank)[self.into]
        every = [np.arange(len(self.out))]
        self.next_of_one, self.previous_of_one = self._next(every), self._previous(every)

    def chunks(self, ahead: int, behind: int, budget: int) -> Iterator[tuple[int, int]]:
        """Ranges of nodes with about `budget` half walks that begin or end there."""
        forward = _growth(ahead, *self.next_of_one, self.out)
        backward = _growth(behind, *self.previous_of_one, self.into)
        work = np.bincount(self.hops.source, forward, self.nodes)
        work += np.bincount(self.hops.target, backward, self.nodes)
        chunk = (np.cumsum(work) // budget).astype(np.int64)
        starts = np.flatnonzero(np.diff(chunk, prepend=-1))
        yield from zip(starts.tolist(), [*starts[1:].tolist(), self.nodes], strict=True)

    def _next(self, walks: list[Integers]) -> Range:
        low, high = self.hops.after(walks)
        return _within(self.out_key, self.hops.target[walks[-1]] * self.ranks, low, high)

    def _previous(self, walks: list[Integers]) -> Range:
        low, high = self.hops.before(walks)
        return _within(self.in_key, self.hops.source[walks[0]] * self.ranks, low, high)

    def forward(self, low: int, high: int, longest: int) -> list[list[Integers]]:
        """Walks of 1, 2 … hops that begin in the nodes of the range."""
        source, target = self.hops.source, self.hops.target
        start, end = np.searchsorted(self.out_key, [low * self.ranks, high * self.ranks])
        edge = self.out[start:end]
        edge = edge[self.hops.opens(source[edge], target[edge])]
        grown = [[edge]]
        for length in range(1, longest):
            walks = grown[-1]
            ranges = self._next(walks) if length > 1 else _at(self.next_of_one, edge)
            row, place = spread(*ranges)
            step = self.out[place]
            keep = self.hops.follows(walks[-1][row], step)
            for hop in walks:
                keep &= source[hop[row]] != target[step]
            row, step = row[keep], step[keep]
            grown.append([*(hop[row] for hop in walks), step])
        return grown

    def backward(self, low: int, high: int, longest: int) -> list[list[Integers]]:
        """Walks of 1, 2 … hops that end in the nodes of the range."""
        source, target = self.hops.source, self.hops.target
        start, end = np.searchsorted(self.in_key, [low * self.ranks, high * self.ranks])
        edge = self.into[start:end]
        edge = edge[self.hops.opens(target[edge], source[edge])]
        grown = [[edge]]
        for length in range(1, longest):
            walks = grown[-1]
            ranges = self._previous(walks) if length > 1 else _at(self.previous_of_one, edge)
            row, place = spread(*ranges)
            step = self.into[place]
            keep = self.hops.follows(step, walks[0][row])
            for hop in walks:
                keep &= target[hop[row]] != source[step]
            row, step = row[keep], step[keep]
            grown.append([step, *(hop[row] for hop in walks)])
        return grown

    def join(self, first: list[Integers], second: list[Integers]) -> Integers:
        """First halves and second halves that meet, follow each other and share no node."""
        source, target = self.hops.source, self.hops.target
        here = source[first[0]] * self.nodes + target[first[-1]]
        there = target[second[-1]] * self.nodes + source[second[0]]
        wanted, offered = _may_occur(here, there), _may_occur(there, here)
        first, here = _chosen(first, wanted), here[wanted]
        second, there = _chosen(second, offered), there[offered]
        pairs = np.sort(np.concatenate([here, there]))  # equal pairs get equal places
        key = np.searchsorted(pairs, there) * self.ranks + self.hops.out_rank[second[0]]
        order = np.argsort(key)
        base = np.searchsorted(pairs, here) * self.ranks
        row, place = spread(*_within(key[order], base, *self.hops.joining(first)))
        other = order[place]
        keep = self.hops.follows(first[-1][row], second[0][other])
        keep &= self.hops.closes(first[0][row], second[-1][other])
        for mine in first[1:]:
            for theirs in second[1:]:
                keep &= source[mine[row]] != source[theirs[other]]
        row, other = row[keep], other[keep]
        return np.stack([*(hop[row] for hop in first), *(hop[other] for hop in second)], axis=1)


def _growth(length: int, start: Integers, end: Integers, order: Integers) -> NDArray[np.float64]:
    """How many walks of `length` hops grow from every edge, those that return included."""
    count = np.ones(len(order))
    for _ in range(length - 1):
        total = np.concatenate([[0.0], np.cumsum(count[order])])
        count = total[end] - total[start]
    return count


def _may_occur(values: Integers, others: Integers) -> NDArray[np.bool_]:
    """Whether values occur among others; some that do not may pass, which a join then drops."""
    bits = max(16, min(26, (8 * len(others)).bit_length()))
    seen = np.zeros(1 << bits, dtype=np.bool_)
    seen[_hashed(others, bits)] = True
    return seen[_hashed(values, bits)]


def _hashed(values: Integers, bits: int) -> NDArray[np.uint64]:
    golden = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: Knuth, TAOCP 3, 6.4
    return np.asarray((values.astype(np.uint64) * golden) >> np.uint64(64 - bits))


def _at(ranges: Range, rows: Integers) -> Range:
    return ranges[0][rows], ranges[1][rows]


def _within(key: Integers, base: Integers, low: Integers, high: Integers) -> Range:
    start = np.searchsorted(key, base + low, "left")
    return start, np.maximum(start, np.searchsorted(key, base + high, "right"))


def _chosen(walks: list[Integers], keep: NDArray[np.bool_]) -> list[Integers]:
    return [hop[keep] for hop in walks]
