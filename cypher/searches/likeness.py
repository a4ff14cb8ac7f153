"""Accounts that are alike in whom they deal with and when (motif catalogue, 6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from cypher.searches.fans import parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_MOST_ALIKE = 15
_LEAST_KNOWN = 2
_HOUR_MS, _HOURS = 3_600_000, 24


@dataclass(frozen=True, slots=True)
class Dealings:
    """Who deals with whom, and at which hours of the day.

    Attributes:
        known: by account, its counterparties that are no hubs.
        hours: by account, its transfers in each hour of the day (UTC).
    """

    known: sparse.csr_array
    hours: NDArray[np.float64]

    @classmethod
    def of(cls, ends: tuple[Integers, Integers], ts: Integers, stopped: Flags) -> Dealings:
        """The dealings of transfers between different accounts, `stopped` being hubs."""
        count = len(stopped)
        source, target = ends
        hour = ts // _HOUR_MS % _HOURS
        cells = np.append(source * _HOURS + hour, target * _HOURS + hour)
        hours = np.bincount(cells, minlength=count * _HOURS).reshape(count, _HOURS)
        free = ~(stopped[source] | stopped[target])
        one, two = source[free], target[free]
        key = np.unique(np.append(one * count + two, two * count + one))
        known = sparse.csr_array(
            (np.ones(len(key), dtype=np.int32), np.divmod(key, max(1, count))),
            shape=(count, count),
        )
        return cls(known, hours.astype(np.float64))


def alike(dealings: Dealings, least: float) -> tuple[Integers, Integers]:
    """Pairs of accounts with enough counterparties in common: of each the most similar ones."""
    known = dealings.known
    degree = np.diff(known.indptr).astype(np.int64)
    # What a row costs: the counterparties of its counterparties.
    work = known @ degree
    firsts, seconds = [], []
    for part in parts(work):
        common = (known[part] @ known.T).tocoo()
        one, two, shared = common.row + part.start, common.col, common.data
        jaccard = shared / (degree[one] + degree[two] - shared)
        keep = (one != two) & (jaccard >= least)
        keep &= (degree[one] >= _LEAST_KNOWN) & (degree[two] >= _LEAST_KNOWN)
        one, two, jaccard = one[keep], two[keep], jaccard[keep]
        order = np.lexsort((two, -jaccard, one))
        one, two = one[order], two[order]
        first = np.flatnonzero(np.diff(one, prepend=-1))
        place = np.arange(len(one)) - np.repeat(first, np.diff(np.append(first, len(one))))
        firsts.append(one[place < _MOST_ALIKE])
        seconds.append(two[place < _MOST_ALIKE])
    none = [np.zeros(0, dtype=np.int64)]
    return np.concatenate([*none, *firsts]), np.concatenate([*none, *seconds])


def same_hours(
    dealings: Dealings, pairs: tuple[Integers, Integers], least: float
) -> tuple[Integers, Integers]:
    """Those of the pairs whose hours have a cosine of at least `least`."""
    one, two = (dealings.hours[side] for side in pairs)
    dot = (one * two).sum(axis=1)
    length = np.sqrt((one**2).sum(axis=1)) * np.sqrt((two**2).sum(axis=1))
    keep = dot >= least * length * (1 - 1e-12)
    return pairs[0][keep], pairs[1][keep]


def pools(pairs: tuple[Integers, Integers], count: int, least: int) -> Integers:
    """By account the number of its group of at least `least` members, or -1."""
    edges = sparse.coo_array((np.ones(len(pairs[0])), pairs), shape=(count, count))
    group = connected_components(edges, directed=False)[1]
    size = np.bincount(group, minlength=1)
    number = np.where(size >= max(2, least), np.cumsum(size >= max(2, least)) - 1, -1)
    return np.asarray(number[group], dtype=np.int64)


def heads(dealings: Dealings, pool: Integers) -> tuple[Integers, Integers]:
    """Groups and the accounts outside that at least half of the members deal with."""
    known, count = dealings.known.tocoo(), len(pool)
    inside = pool[known.row] >= 0
    group, other = pool[known.row[inside]], known.col[inside].astype(np.int64)
    outside = pool[other] != group
    key, members = np.unique(group[outside] * count + other[outside], return_counts=True)
    group, other = np.divmod(key, max(1, count))
    size = np.bincount(pool[pool >= 0], minlength=1)
    enough = members * 2 >= size[group]
    return group[enough], other[enough]
