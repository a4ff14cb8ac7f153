"""Transfers that follow each other one to one, as chains: which they are, and their maximal parts.

Every transfer has at most one successor and one predecessor, later and earlier in time, so chains
never meet; they are found a hop at a time for all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one chain may go.

    Attributes:
        length: transfers.
        span_ms: milliseconds from first to last.
        crowded: first and last rows between which it has an inner account with too many others;
            with them every longer part that holds both.
    """

    length: int
    span_ms: int
    crowded: frozenset[tuple[int, int]] = frozenset()


def chains(before: Integers, after: Integers, count: int, least: int) -> list[list[int]]:
    """Rows of every chain of at least `least` rows, in the order of their first.

    Args:
        before: rows, each at most once.
        after: their successors, each at most once.
        count: rows in all.
        least: shorter chains are left out.
    """
    following = np.full(count + 1, count, dtype=np.int64)
    following[before] = after
    heads = np.setdiff1d(before, after)
    hops, current = [heads], heads
    while len(current) and (current != count).any():
        current = following[current]
        hops.append(current)
    if len(hops) < least or not len(heads):
        return []
    table = np.stack(hops, axis=1)
    long = table[table[:, max(least, 1) - 1] != count]
    return [row[row != count].tolist() for row in long]


def maximal(
    chain: list[int],
    source: Integers,
    target: Integers,
    ts: Integers,
    limits: Limits,
) -> Iterator[list[int]]:
    """Parts of a chain that visit no account twice, keep the limits and lie in no longer such part.

    A part of a part that keeps the rules keeps them too, so one pass with two ends finds them all.
    """
    accounts = [int(source[chain[0]]), *(int(target[row]) for row in chain)]
    end = 0
    for start in range(len(chain)):
        reached = max(end, start)
        while (
            reached < len(chain)
            and reached - start < limits.length
            and ts[chain[reached]] - ts[chain[start]] <= limits.span_ms
            and (chain[start], chain[reached]) not in limits.crowded
            and accounts[reached + 1] not in accounts[start : reached + 1]
        ):
            reached += 1
        if reached > end:
            yield chain[start:reached]
            end = reached
