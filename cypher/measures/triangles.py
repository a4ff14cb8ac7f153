"""Triangles of a simple graph, each once, in pages of bounded size.

Every edge points from the end with fewer neighbours to the other, so that an account has at most
sqrt(2 * edges) outgoing ones and hubs cost no more than the rest (Chiba, Nishizeki 1985).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Integers = NDArray[np.int64]

WEDGES = 4_000_000
"""Pairs of edges looked at in one page."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Undirected edges between accounts, each once, sorted by (low, high).

    Attributes:
        low, high: the ends; low is the one with fewer neighbours.
        there, back: row of the ordered pair low -> high and high -> low, -1 where there is none.
        accounts: number of accounts.
    """

    low: Integers
    high: Integers
    there: Integers
    back: Integers
    accounts: int


def edges(source: Integers, target: Integers, accounts: int) -> Edges:
    """Undirected edges of ordered pairs; pairs of an account with itself are left out."""
    proper = np.flatnonzero(source != target)
    one, two = source[proper], target[proper]
    keys = np.unique(np.minimum(one, two) * accounts + np.maximum(one, two))
    degree = np.bincount(np.r_[keys // accounts, keys % accounts], minlength=accounts)
    place = np.empty(accounts, np.int64)
    place[np.lexsort((np.arange(accounts), degree))] = np.arange(accounts)
    named = np.empty(accounts, np.int64)
    named[place] = np.arange(accounts)
    first, second = place[keys // accounts], place[keys % accounts]
    ordered = np.sort(np.minimum(first, second) * accounts + np.maximum(first, second))
    forward = place[one] < place[two]
    pair_key = np.minimum(place[one], place[two]) * accounts + np.maximum(place[one], place[two])
    row = np.searchsorted(ordered, pair_key)
    there, back = np.full(ordered.size, -1), np.full(ordered.size, -1)
    there[row[forward]], back[row[~forward]] = proper[forward], proper[~forward]
    # Numbered by place, so that wedges are found by position; named again when handed out.
    return Edges(named[ordered // accounts], named[ordered % accounts], there, back, accounts)


def triangles(graph: Edges, wedges: int = WEDGES) -> Iterator[tuple[Integers, Integers, Integers]]:
    """Rows of the edges (u, v), (u, w) and (v, w) of every triangle u, v, w, page by page."""
    size = graph.low.size
    if not size:
        return
    starts = np.flatnonzero(np.r_[True, graph.low[1:] != graph.low[:-1]])
    ends = np.repeat(np.r_[starts[1:], size], np.diff(np.r_[starts, size]))
    partners = ends - np.arange(size) - 1
    keys = _key(graph.low, graph.high, graph.accounts)
    order = np.argsort(keys)
    keys = keys[order]
    before = np.r_[0, np.cumsum(partners)]
    first = 0
    while first < size:
        last = max(
            int(np.searchsorted(before, before[first] + wedges, side="right")) - 1, first + 1
        )
        span = np.arange(first, last)
        uv = np.repeat(span, partners[first:last])
        place = np.arange(uv.size) - np.repeat(before[first:last] - before[first], partners[span])
        uw = uv + 1 + place
        wanted = _key(graph.high[uv], graph.high[uw], graph.accounts)
        at = np.minimum(np.searchsorted(keys, wanted), size - 1)
        hit = keys[at] == wanted
        yield uv[hit], uw[hit], order[at[hit]]
        first = last


def _key(one: Integers, two: Integers, accounts: int) -> Integers:
    smaller: Integers = np.minimum(one, two) * accounts + np.maximum(one, two)
    return smaller
