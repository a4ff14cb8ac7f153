"""A table read for planting: its transfers as compact columns in time order, and its accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import InputError
from loader.format import FORMATS, Context
from loader.report import LoadOptions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from loader.mapping import Mapping
    from loader.reading.sources import Source

    Integers = NDArray[np.int64]

_KEY_NUMBER = r"^[^:]*:-?\d+:(\D*?)(\d+)$"
_HUB_SHARE = 0.02
_HUB_DEGREE = 5_000
_SAMPLE = 1_000_000


@dataclass(slots=True)
class Codes:
    """Names and their numbers, growing piece by piece."""

    table: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"name": pl.String, "code": pl.Int32})
    )

    def encode(self, names: pl.Series) -> NDArray[np.int32]:
        """The number of each name; new ones come after those known."""
        frame = names.rename("name").to_frame()
        new = frame.unique(maintain_order=True).join(self.table, on="name", how="anti")
        known = self.table.height
        new = new.with_columns(code=pl.int_range(known, known + pl.len(), dtype=pl.Int32))
        self.table = pl.concat([self.table, new])
        joined = frame.join(self.table, on="name", how="left", maintain_order="left")
        return joined["code"].to_numpy()

    @property
    def names(self) -> pl.Series:
        """The names by number."""
        return self.table["name"]


@dataclass(frozen=True)
class CleanLedger:
    """The transfers of one file, sorted by (ts, ledger, ord, line).

    Attributes:
        rows: lines of the file that are records.
        accounts: addresses by number.
        assets: asset ids by number.
        amount: whole units; `base` the same in base units, where a double holds it.
        line: of the file.
        key: number in which the transfer's key ends, ascending and without gaps; null where keys
            are of another kind.
    """

    rows: int
    accounts: pl.Series
    assets: pl.Series
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    asset: NDArray[np.int32]
    amount: NDArray[np.float64]
    digits: NDArray[np.int16]
    ts: Integers
    ledger: Integers
    ord: Integers
    line: Integers
    key: Integers | None

    @cached_property
    def moment(self) -> Integers:
        """The number of a transfer's distinct (ts, ledger), ascending."""
        change = (np.diff(self.ts) != 0) | (np.diff(self.ledger) != 0)
        return np.concatenate([[0], np.cumsum(change)])

    @cached_property
    def moment_start(self) -> Integers:
        """The first transfer of every moment, and one more for the end."""
        starts = np.flatnonzero(np.diff(self.moment, prepend=-1))
        return np.append(starts, len(self.ts))

    @cached_property
    def first_row(self) -> Integers:
        """The first transfer of every account."""
        first = np.full(len(self.accounts), len(self.ts))
        place = np.arange(len(self.ts))
        np.minimum.at(first, self.source, place)
        np.minimum.at(first, self.target, place)
        return first

    @cached_property
    def degree(self) -> Integers:
        """Transfers of every account, both ways."""
        size = len(self.accounts)
        return np.bincount(self.source, minlength=size) + np.bincount(self.target, minlength=size)

    @cached_property
    def is_hub(self) -> NDArray[np.bool_]:
        """Accounts with so much of the traffic that nobody would take them for a person."""
        return self.degree > min(_HUB_DEGREE, max(20.0, _HUB_SHARE * len(self.ts)))

    @cached_property
    def pairs(self) -> Integers:
        """Pairs of accounts that pay, ascending, as `source · accounts + target`."""
        return np.unique(self.source.astype(np.int64) * len(self.accounts) + self.target)

    def have_met(self, source: int, target: int) -> bool:
        """Whether the one ever paid the other."""
        pair = source * len(self.accounts) + target
        place = int(np.searchsorted(self.pairs, pair))
        return place < len(self.pairs) and int(self.pairs[place]) == pair

    def amounts_of(self, asset: int) -> NDArray[np.float64]:
        """The asset's amounts above zero, ascending; a million of them at most."""
        amounts = np.sort(self.amount[self.asset == asset])
        return amounts[:: 1 + len(amounts) // _SAMPLE]


def read(source: Source, meaning: Mapping, folder: Path) -> CleanLedger:
    """Read a table by its mapping.

    Args:
        source: the file.
        meaning: the mapping, which must be of a CSV.
        folder: temporary.

    Raises:
        InputError: there is no transfer in it, or rows that cannot be read.
    """
    accounts, assets = Codes(), Codes()
    columns: list[dict[str, NDArray[np.generic]]] = []
    keys: list[pl.Series] | None = []
    rows = 0
    context = Context(meaning.network, LoadOptions(mapping=meaning.path), folder, Counter())
    for parcel in FORMATS.get("csv").read({"rows": [source]}, context):
        rows += parcel.rows.height
        bad = parcel.rows.filter(pl.col("reject").is_not_null())
        if bad.height:
            where = f"{source.name}, line {bad['line'][0]}: {bad['reject'][0]}"
            raise InputError(f"A row cannot be read: {where}.", "Mend the file or its mapping.")
        moved = parcel.transfers.join(
            parcel.rows.select("row", "line"), on="row", how="left", maintain_order="left"
        )
        columns.append(_compact(moved, meaning, accounts, assets))
        keys = _numbers(keys, moved)
    if not columns or not sum(len(part["ts"]) for part in columns):
        raise InputError(f"There is no transfer in {source.name}.")
    whole = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    order = np.lexsort([whole[name] for name in ("line", "ord", "ledger", "ts")])
    key = _dense(keys, whole["line"], rows)
    return CleanLedger(
        rows=rows,
        accounts=accounts.names,
        assets=assets.names,
        key=None if key is None else key[order],
        **{name: column[order] for name, column in whole.items()},
    )


def _compact(
    moved: pl.DataFrame, meaning: Mapping, accounts: Codes, assets: Codes
) -> dict[str, NDArray[np.generic]]:
    prefix = f"{meaning.network}:"
    ends = pl.concat([moved["source"], moved["target"]]).str.strip_prefix(prefix)
    codes = accounts.encode(ends)
    stripped = moved["amount_base"].str.strip_chars_end("0").str.len_bytes()
    zeros = (moved["amount_base"].str.len_bytes() - stripped).cast(pl.Int16)
    return {
        "source": codes[: moved.height],
        "target": codes[moved.height :],
        "asset": assets.encode(moved["asset"]),
        "amount": moved["amount"].to_numpy(),
        "digits": np.maximum(meaning.decimals - zeros.to_numpy(), 0).astype(np.int16),
        "ts": moved["ts"].to_numpy(),
        "ledger": moved["ledger"].to_numpy(),
        "ord": moved["ord"].to_numpy(),
        "line": moved["line"].to_numpy(),
    }


def _numbers(keys: list[pl.Series] | None, moved: pl.DataFrame) -> list[pl.Series] | None:
    """The numbers at the end of the ids as long as all of them are of that kind."""
    if keys is None or moved["id"].null_count():
        return None
    parts = moved["id"].str.extract_groups(_KEY_NUMBER).struct
    number = parts.field("2").cast(pl.Int64, strict=False)
    if number.null_count() or parts.field("1").n_unique() > 1:
        return None
    return [*keys, number]


def _dense(keys: list[pl.Series] | None, line: NDArray[np.generic], rows: int) -> Integers | None:
    """Keys that count the rows of the file, if that is what they do."""
    if not keys:
        return None
    key = pl.concat(keys).to_numpy()
    by_line = key[np.argsort(line)]
    if len(key) < 2 or (np.diff(by_line) <= 0).any():  # noqa: PLR2004 - one key counts nothing
        return None
    return key if by_line[-1] - by_line[0] < rows else None
