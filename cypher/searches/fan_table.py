"""The transfers of stars: legs between a centre and its leaves, and answers on its other side.

Both are sorted by group, a centre within an asset, then by time. A range of time is a range of the
ledger's rows, and with the group a range of legs or answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from core.times import to_epoch_ms
from cypher.ledger import Ledger
from cypher.searches import walks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from cypher.reading import Reading

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Side:
    """What tells fan_in and fan_out apart.

    Attributes:
        name: of the motif.
        inward: whether legs lead to the centre.
        least, fresh: its parameters for the fewest leaves, and for first contacts only.
        leaf, far: roles at the other ends of legs and answers.
        leaves, answers: its columns for how many of them.
    """

    name: str
    inward: bool
    least: str
    fresh: str
    leaf: str
    far: str
    leaves: str
    answers: str

    @property
    def ends(self) -> tuple[str, str]:
        """A leg's columns of the centre and of the leaf."""
        return ("target", "source") if self.inward else ("source", "target")


@dataclass(frozen=True, slots=True)
class Rows:
    """Legs or answers as columns.

    Attributes:
        frame: `row` of the ledger, `group`, `other` (account at the other end), `amount` and `id`;
            of legs also `cut`, the group's legs that truncation_limit left out.
        key: orders by group and row.
        row, group: as in the frame.
        previous: the row before with the same group and other account, or -1.
        amount: whole units, NaN where unknown.
        sums: running sums of the amounts known.
    """

    frame: pl.DataFrame
    key: Integers
    row: Integers
    group: Integers
    previous: Integers
    amount: Floats
    sums: Floats


@dataclass(frozen=True, slots=True)
class FanTable:
    """A network's stars.

    Attributes:
        side: which star.
        ledger: what was read.
        legs, answers: see above; only of centres with enough leaves.
        start, stop: by leg, its group's legs.
        ts: by leg, epoch ms.
        contact: by leg, first transfer between centre and leaf, any asset; empty if not asked for.
    """

    side: Side
    ledger: Ledger
    legs: Rows
    answers: Rows
    start: Integers
    stop: Integers
    ts: Integers
    contact: Integers

    def at(self, rows: Rows, group: Integers, row: Integers) -> Integers:
        """The first of `rows` in the group that is not before the ledger's row."""
        return np.searchsorted(rows.key, group * (self.ledger.transfers.height + 1) + row)

    def when(self, moments: Integers, side: str = "left") -> Integers:
        """The ledger's first row at (`right`: after) each moment."""
        every = self.ledger.transfers["ts"].to_numpy()
        return np.searchsorted(every, moments, "right" if side == "right" else "left")


def read(reading: Reading, network: str, side: Side, bound: Mapping[str, object]) -> FanTable:
    """Read a network's stars of the range and asset asked for."""
    past = {**bound, "since": None if bound[side.fresh] else bound["since"]}
    whole = walks.read(reading, network, past, base=bound["variant"] == "conserving")
    inside = whole
    if bound[side.fresh] and bound["since"] is not None:
        since = to_epoch_ms(cast("datetime", bound["since"]))
        inside = Ledger(whole.accounts, whole.transfers.filter(pl.col("ts") >= since))
    stopped = pl.Series(walks.stops(inside, bound))
    center, leaf = side.ends
    moved = inside.transfers.with_row_index("row").filter(pl.col("source") != pl.col("target"))
    if bound["asset"] is not None:
        moved = moved.filter(pl.col("asset").cast(pl.String) == bound["asset"])
    legs = _cut(_legs(moved, stopped, side, bound), bound)
    groups = legs.select("center", "asset", "group").unique()
    answers = (
        moved.select("row", "asset", "amount", "id", center=leaf, other=center)
        .join(groups, on=["center", "asset"])
        .sort("group", "row")
    )
    height = inside.transfers.height
    group = legs["group"].to_numpy()
    first = np.flatnonzero(np.diff(group, prepend=-1))
    bounds, of_leg = np.append(first, len(group)), np.cumsum(np.diff(group, prepend=-1) > 0) - 1
    return FanTable(
        side,
        inside,
        _columns(legs, height),
        _columns(answers, height),
        bounds[:-1][of_leg],
        bounds[1:][of_leg],
        inside.transfers["ts"].to_numpy()[legs["row"].to_numpy()],
        _contacts(whole.transfers, legs) if bound[side.fresh] else np.zeros(0, dtype=np.int64),
    )


def _legs(
    moved: pl.DataFrame, stopped: pl.Series, side: Side, bound: Mapping[str, object]
) -> pl.DataFrame:
    """Transfers that may be legs, of the centres that have enough leaves at all."""
    center, leaf = side.ends
    wanted = ~stopped.gather(moved["source"]) & ~stopped.gather(moved["target"])
    amount = pl.col("amount")
    wanted &= moved.select(amount.fill_null(0.0) >= cast("float", bound["min_amount"])).to_series()
    if bound["max_amount"] is not None:
        most = cast("float", bound["max_amount"])
        wanted &= moved.select((amount <= most).fill_null(value=False)).to_series()
    star = ["center", "asset"]
    return (
        moved.filter(wanted)
        .select("row", "asset", "amount", "id", "ts", "ledger", "ord", center=center, other=leaf)
        .filter(pl.col("other").n_unique().over(star) >= cast("int", bound[side.least]))
        .with_columns(group=pl.struct(star).rank("dense").cast(pl.Int64) - 1)
    )


def _cut(legs: pl.DataFrame, bound: Mapping[str, object]) -> pl.DataFrame:
    """The first truncation_limit legs of every group in truncation_order, again in time order."""
    order = bound["truncation_order"]
    first = "amount" if order == "amount_desc" else "ts"
    down = order != "ts_asc"
    limit = cast("int", bound["truncation_limit"])
    keys = ["group", first, "ledger", "ord", "id"]
    return (
        legs.sort(keys, descending=[False, down, down, down, False], nulls_last=True)
        .with_columns(
            place=pl.int_range(pl.len()).over("group"),
            cut=(pl.len().over("group").cast(pl.Int64) - limit).clip(0),
        )
        .filter(pl.col("place") < limit)
        .drop("place")
        .sort("group", "row")
    )


def _columns(frame: pl.DataFrame, height: int) -> Rows:
    frame = frame.with_row_index("place").with_columns(
        previous=pl.col("place").cast(pl.Int64).shift(1).over("group", "other").fill_null(-1),
        sums=pl.col("amount").fill_null(0.0).cum_sum().over("group"),
    )
    group = frame["group"].to_numpy()
    row = frame["row"].to_numpy().astype(np.int64)
    return Rows(
        frame,
        group * (height + 1) + row,
        row,
        group,
        frame["previous"].to_numpy(),
        frame["amount"].fill_null(np.nan).to_numpy(),
        frame["sums"].to_numpy(),
    )


def _contacts(transfers: pl.DataFrame, legs: pl.DataFrame) -> Integers:
    """When the accounts of each leg first had to do with each other."""
    first = transfers.group_by(
        low=pl.min_horizontal("source", "target"), high=pl.max_horizontal("source", "target")
    ).agg(pl.col("ts").min())
    ends = legs.select(
        low=pl.min_horizontal("center", "other"), high=pl.max_horizontal("center", "other")
    )
    joined = ends.join(first, on=["low", "high"], how="left", maintain_order="left")
    return joined["ts"].to_numpy()


def added(which: Integers, amount: Floats, count: int) -> Floats:
    """Sums of the amounts of each number below count."""
    return np.bincount(which, amount, minlength=count).astype(np.float64)
