"""Rings of pairs of accounts, those first whose pairs were all active in the shortest time.

On a busy ledger nearly every account lies on static rings without number, so the search looks only
at rings within a span, from a pair's first transfer to the last of another, and widens the span
until it has enough or all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cypher.searches import cycles, hops

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cypher.searches.hop_table import HopTable

    Integers = NDArray[np.int64]
    Turn = Callable[[Integers], pl.DataFrame]
    Keep = Callable[[pl.DataFrame], pl.DataFrame]

MOST = 500_000
"""Rings looked at within one span, or twice the limit; a span that holds more is too wide."""
TRIES = 4
"""Spans tried between one that holds too few and one that is too wide."""
_BUDGET = 100_000


def rings(
    table: HopTable,
    lengths: tuple[int, int],
    spans_ms: tuple[int, int | None],
    limit: int,
    told: tuple[Turn, Keep],
) -> tuple[pl.DataFrame, bool]:
    """Rings, and whether these are all there are.

    Args:
        table: the pairs.
        lengths: fewest and most hops.
        spans_ms: the span to begin with, and the longest asked for; null asks for all.
        limit: how many are enough; then no other ring has a shorter span, unless the span that
            would hold enough holds more than can be looked at.
        told: makes rows of rings, given as rows of the table; and drops those past other limits.
    """
    began, ended = (table.rows[name].to_numpy() for name in ("started", "ended"))
    whole = int(ended.max() - began.min()) if len(began) else 0
    span, longest = spans_ms
    whole = whole if longest is None else min(whole, longest)
    turn, keep = told
    most = max(MOST, 2 * limit)
    best = partly = keep(turn(np.zeros((0, 3), np.int64)))
    low, high, tries = -1, whole + 1, TRIES
    while True:
        span = min(span, whole)
        found, complete = _within(table, lengths, span, most, told)
        if complete:
            best, low = found, span
            if span == whole or best.height >= limit:
                return best, span == whole
        else:
            partly, high = found, span
        if high > whole:
            span = max(2 * span, 1)
            continue
        tries -= low >= 0
        if not tries or high - low <= 1:
            # Some of the rings of a span that holds more than can be looked at.
            return keep(pl.concat([best, partly.filter(pl.col("span") > low)])), False
        span = (low + high) // 2


def _within(
    table: HopTable, lengths: tuple[int, int], span_ms: int, most: int, told: tuple[Turn, Keep]
) -> tuple[pl.DataFrame, bool]:
    """Rings within a span, and whether all of them were looked at."""
    began, ended = (table.rows[name].to_numpy() for name in ("started", "ended"))
    inside = np.flatnonzero(ended - began <= span_ms)
    begins, ends = began[inside], ended[inside]

    def fit(one: Integers, two: Integers) -> NDArray[np.bool_]:
        first, last = np.minimum(begins[one], begins[two]), np.maximum(ends[one], ends[two])
        return np.asarray(last - first <= span_ms)

    turn, keep = told
    held, seen = keep(turn(np.zeros((0, 3), np.int64))), 0
    walks = hops.in_shape(table.source[inside], table.target[inside], fit)
    for part in cycles.find(walks, *lengths, budget=_BUDGET):
        seen += sum(map(len, part))
        some = [
            turn(inside[ring])
            for every in part
            for ring in [every[ends[every].max(axis=1) - begins[every].min(axis=1) <= span_ms]]
        ]
        held = keep(pl.concat([held, *some]))
        if seen > most:
            return held, False
    return held, True
