"""The order of transfers in time (motif catalogue, 1.3), by row of a frame sorted by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


def places(transfers: pl.DataFrame) -> Integers:
    """Place of every row by (ts, ledger, ord), from 0; equal ones share it."""
    return _dense(transfers, "ts", "ledger", "ord")


def blocks(transfers: pl.DataFrame) -> Integers:
    """Place of every row by (ts, ledger), from 0."""
    return _dense(transfers, "ts", "ledger")


def told_apart(
    block: Integers, unordered: NDArray[np.bool_], first: Integers, second: Integers
) -> NDArray[np.bool_]:
    """Whether it is known which of two rows is later: both in order, or of different ledgers."""
    return np.asarray((block[first] != block[second]) | ~(unordered[first] | unordered[second]))


def _dense(transfers: pl.DataFrame, *columns: str) -> Integers:
    return transfers.select(pl.struct(columns).rle_id().cast(pl.Int64)).to_series().to_numpy()


def looked_at(rows: pl.DataFrame, truncation_order: str) -> Integers:
    """Place of every row in `truncation_order`, in which a limit leaves the first."""
    down = truncation_order != "ts_asc"
    keys = ["amount" if truncation_order == "amount_desc" else "ts", "ledger", "ord", "id"]
    numbered = rows.select(*keys).with_row_index("row")
    sequence = numbered.sort(keys, descending=[*[down] * 3, False], nulls_last=True)["row"]
    place = np.empty(len(sequence), dtype=np.int64)
    place[sequence.to_numpy()] = np.arange(len(sequence))
    return place


def first(group: Integers, place: Integers, limit: int) -> NDArray[np.bool_]:
    """Which rows are among the first `limit` of their group by place."""
    sequence = np.lexsort((place, group))
    opens = np.flatnonzero(np.diff(group[sequence], prepend=-1))
    sizes = np.diff(np.append(opens, len(group)))
    kept = np.empty(len(group), dtype=np.bool_)
    kept[sequence] = np.arange(len(group)) - np.repeat(opens, sizes) < limit
    return kept
