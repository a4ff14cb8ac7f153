"""Accounts inside a chain that deal with many others while the chain lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cypher.searches.fans import parts
from cypher.searches.ranges import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cypher.searches.chains import Limits

    Integers = NDArray[np.int64]


def crowded(
    every: pl.DataFrame, transfers: pl.DataFrame, chains: list[list[int]], limits: Limits, most: int
) -> frozenset[tuple[int, int]]:
    """First and last rows of the parts of chains that have an inner account of more than `most`.

    Counterparties are those of all assets from the part's first transfer to its last.

    Args:
        every: transfers of all assets, in time order.
        transfers: those that chains are made of.
        chains: rows of `transfers`.
        limits: longer parts are of no interest.
        most: counterparties.
    """
    ts, target = (transfers[name].to_numpy() for name in ("ts", "target"))
    first, last, inner = _inner(chains, ts, limits)
    if not len(inner):
        return frozenset()
    sides = _sides(every, np.unique(target[inner]))
    key, previous = sides["key"].to_numpy(), sides["previous"].to_numpy()
    when = every["ts"].to_numpy()
    base = target[inner].astype(np.int64) * (len(when) + 1)
    low = np.searchsorted(key, base + np.searchsorted(when, ts[first]))
    high = np.searchsorted(key, base + np.searchsorted(when, ts[last], "right"))
    count = np.zeros(len(inner), dtype=np.int64)
    for part in parts(high - low):
        which, place = spread(low[part], high[part])
        fresh = previous[place] < low[part][which]
        count[part] = np.bincount(which[fresh], minlength=part.stop - part.start)
    many = count > most
    return frozenset(zip(first[many].tolist(), last[many].tolist(), strict=True))


def _inner(
    chains: list[list[int]], ts: Integers, limits: Limits
) -> tuple[Integers, Integers, Integers]:
    """First and last row of every part of a chain, and the row that leads to each account in it."""
    rows = np.array([row for chain in chains for row in chain], dtype=np.int64)
    number = np.repeat(np.arange(len(chains)), [len(chain) for chain in chains])
    longest = min(limits.length, max(map(len, chains), default=0))
    found = [np.zeros((3, 0), dtype=np.int64)]
    for length in range(1, longest):
        within = number[length:] == number[:-length]
        start = np.flatnonzero(within & (ts[rows[length:]] - ts[rows[:-length]] <= limits.span_ms))
        first, last = rows[start], rows[start + length]
        found += [np.stack([first, last, rows[start + step]]) for step in range(length)]
    first, last, inner = np.concatenate(found, axis=1)
    return first, last, inner


def _sides(every: pl.DataFrame, accounts: Integers) -> pl.DataFrame:
    """Transfers in and out of accounts by `key`, which orders by account and row.

    `previous` is the place of the one before with the same counterparty, or -1.
    """
    ends = every.select("source", "target").with_row_index("row")
    ends = ends.filter(pl.col("source") != pl.col("target"))
    wanted = pl.Series(accounts, dtype=pl.Int32).implode()
    sides = [
        ends.filter(pl.col(one).is_in(wanted)).select("row", account=one, other=two)
        for one, two in (("source", "target"), ("target", "source"))
    ]
    sorted_sides = pl.concat(sides).sort("account", "row").with_row_index("place")
    return sorted_sides.select(
        key=pl.col("account").cast(pl.Int64) * (every.height + 1) + pl.col("row"),
        previous=pl.col("place").cast(pl.Int64).shift(1).over("account", "other").fill_null(-1),
    )
