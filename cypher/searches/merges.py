"""Ways from a source that leave together and meet again, with no account in common between."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cypher.searches.conserve import SLACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from cypher.searches.hop_table import HopTable
    from cypher.searches.ways import Ways

    Integers = NDArray[np.int64]

Way = tuple[int, ...]
"""Rows of transfers."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How ways join: windows in milliseconds, and the band of what arrives by what leaves."""

    least: int
    split_ms: int
    merge_ms: int
    span_ms: int
    band: tuple[float, float]


def joined(table: HopTable, ways: Ways, wanted: Rule) -> Iterator[tuple[list[Way], float]]:
    """Sets of ways of a source and a merge point that share no transfer, and what they retain."""
    facts = _Facts(table.rows["ts"].to_list(), table.rows["ratio_amount"].to_list())
    for rows, inner in _groups(table, ways, wanted.least):
        yield from facts.apart(rows, [frozenset(part) for part in inner], wanted)


def _groups(
    table: HopTable, ways: Ways, least: int
) -> Iterator[tuple[list[list[int]], list[list[int]]]]:
    """Of a source and an end the ways, earliest arrival first, and the nodes inside each."""
    some = []
    for rows in ways.tables:
        if len(rows):
            nodes = table.target[rows]
            some.append(
                pl.DataFrame(
                    {
                        "source": table.source[rows[:, 0]],
                        "end": nodes[:, -1],
                        "first": nodes[:, 0],
                        "last": nodes[:, -2],
                        "arrival": rows[:, -1],
                        "rows": _listed(rows),
                        "inner": _listed(nodes[:, :-1]),
                    }
                )
            )
    if not some:
        return
    pair = ["source", "end"]
    likely = pl.concat(some).filter(
        pl.min_horizontal(
            pl.col("first").n_unique().over(pair), pl.col("last").n_unique().over(pair)
        )
        >= least
    )
    grouped = (
        likely.with_columns(order=pl.col("rows").list.to_struct(fields=["a", "b", "c", "d"]))
        .sort("arrival", "order")
        .group_by(pair, maintain_order=True)
        .agg("rows", "inner")
    )
    yield from grouped.select("rows", "inner").iter_rows()


def _listed(rows: Integers) -> pl.Series:
    """A table's rows as lists."""
    return pl.Series(rows, dtype=pl.Array(pl.Int64, rows.shape[1])).cast(pl.List(pl.Int64))


@dataclass(frozen=True, slots=True)
class _Facts:
    """Columns of the transfers as lists: a set looks at few of them, one by one."""

    ts: list[int]
    amount: list[float]

    def apart(
        self, rows: list[list[int]], inner: list[frozenset[int]], wanted: Rule
    ) -> Iterator[tuple[list[Way], float]]:
        """Sets that each way begins, the largest first, without those that share a transfer."""
        low, high = wanted.band
        sets = []
        arrivals = [self.ts[way[-1]] for way in rows]
        for anchor in range(len(rows)):
            taken = self._joined(anchor, arrivals, rows, inner, wanted)
            left = sum(self.amount[rows[one][0]] for one in taken)
            arrived = sum(self.amount[rows[one][-1]] for one in taken)
            if (
                len(taken) >= wanted.least
                and left > 0
                and left * low * (1 - SLACK) <= arrived <= left * high * (1 + SLACK)
            ):
                sets.append(([tuple(rows[one]) for one in taken], arrived / left))
        sets.sort(key=lambda one: (-len(one[0]), one[0]))
        used: set[int] = set()
        for ways, ratio in sets:
            every = {row for way in ways for row in way}
            if used.isdisjoint(every):
                used |= every
                yield sorted(ways), ratio

    def _joined(
        self,
        anchor: int,
        arrivals: list[int],
        rows: list[list[int]],
        inner: list[frozenset[int]],
        wanted: Rule,
    ) -> list[int]:
        """The anchor and, earliest arrival first, the ways that may join it and each other."""
        begin, arrived = self.ts[rows[anchor][0]], arrivals[anchor]
        taken, met = [anchor], set(inner[anchor])
        early = late = arrived
        first = bisect_left(arrivals, arrived - wanted.merge_ms)
        end = bisect_right(arrivals, min(arrived + wanted.merge_ms, begin + wanted.span_ms))
        for one in range(first, end):
            last = arrivals[one]
            if (
                begin <= self.ts[rows[one][0]] <= begin + wanted.split_ms
                and max(late, last) - min(early, last) <= wanted.merge_ms
                and met.isdisjoint(inner[one])
            ):
                taken.append(one)
                met |= inner[one]
                early, late = min(early, last), max(late, last)
        return taken
