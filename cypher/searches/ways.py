"""Ways that money takes from a source, hop by hop, for all sources at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cypher.searches.fans import parts
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cypher.searches.cycles import Hops

    Integers = NDArray[np.int64]

_PART = 500_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How many first transfers and how many ways of each length a source has; most hops."""

    firsts: int
    ways: int
    length: int


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways of some sources.

    Attributes:
        tables: for 2, 3 … hops the ways as rows of edges.
        cut: by source account what the limits left out; only of the sources in it.
    """

    tables: list[Integers]
    cut: Integers


def find(hops: Hops, account: Integers, limits: Limits) -> Iterator[Ways]:
    """Ways of all sources, in parts.

    Args:
        hops: edges in time order, and what may follow what.
        account: by edge, whose way begins with it.
        limits: what is left out.
    """
    count = len(account)
    if not count:
        return
    search = _Search(hops, account)
    # The latest first transfers of each source.
    order = np.lexsort((-np.arange(count), account))
    firsts, cut = search.kept(order[:, None], limits.firsts)
    work = np.bincount(account[firsts[:, 0]], search.many[firsts[:, 0]] + 1)
    for part in parts(np.ceil(work).astype(np.int64), _PART):
        mine = firsts[(account[firsts[:, 0]] >= part.start) & (account[firsts[:, 0]] < part.stop)]
        left, tables = np.zeros(len(work), dtype=np.int64), []
        left[part] = cut[: len(work)][part]
        for _ in range(1, limits.length):
            mine, beyond = search.earliest(search.grown(mine), limits.ways)
            left += beyond[: len(work)]
            tables.append(mine)
        yield Ways(tables, left)


class _Search:
    def __init__(self, hops: Hops, account: Integers) -> None:
        self.hops, self.account = hops, account
        self.ranks = int(hops.out_rank.max()) + 2
        self.out = np.lexsort((hops.out_rank, hops.source))
        self.key = (hops.source * self.ranks + hops.out_rank)[self.out]
        low, high = self._next(np.arange(len(account))[:, None])
        self.many = np.maximum(high - low, 0)

    def _next(self, ways: Integers) -> tuple[Integers, Integers]:
        low, high = self.hops.after(list(ways.T))
        base = self.hops.target[ways[:, -1]] * self.ranks
        return (
            np.searchsorted(self.key, base + low),
            np.searchsorted(self.key, base + high, "right"),
        )

    def grown(self, ways: Integers) -> Integers:
        """Every way with every transfer that may follow it, no account twice."""
        which, place = spread(*self._next(ways))
        step = self.out[place]
        keep = self.hops.follows(ways[which, -1], step)
        for hop in ways.T:
            keep &= self.hops.source[hop[which]] != self.hops.target[step]
        which, step = which[keep], step[keep]
        return np.concatenate([ways[which], step[:, None]], axis=1)

    def kept(self, ways: Integers, most: int) -> tuple[Integers, Integers]:
        """The first ways of each source, which are sorted by it; and how many others it has."""
        account = self.account[ways[:, 0]]
        size = np.bincount(account, minlength=int(self.account.max()) + 1)
        first = np.cumsum(size) - size
        place = np.arange(len(ways)) - first[account]
        return ways[place < most], np.maximum(size - most, 0)

    def earliest(self, ways: Integers, most: int) -> tuple[Integers, Integers]:
        """The ways of each source that arrive first; and how many others it has.

        Of ways that arrive with one transfer those whose earlier transfers come first.
        """
        account = self.account[ways[:, 0]]
        size = np.bincount(account, minlength=int(self.account.max()) + 1)
        beyond = np.maximum(size - most, 0)
        many = np.flatnonzero(beyond)
        if not len(many):
            return ways, beyond
        key = account * len(self.account) + ways[:, -1]
        ordered = np.sort(key[beyond[account] > 0])
        last = np.full(len(size), np.iinfo(np.int64).max)
        last[many] = ordered[np.cumsum(size[many]) - beyond[many] - 1]
        keep = key < last[account]
        # Whole rows are compared only where several arrive with the last transfer that counts.
        tied = np.flatnonzero(key == last[account])
        tied = tied[np.lexsort((*ways[tied].T[::-1], account[tied]))]
        same, room = account[tied], most - np.bincount(account[keep], minlength=len(size))
        place = np.arange(len(tied)) - np.searchsorted(same, same)
        keep[tied[place < room[same]]] = True
        return ways[keep], beyond
