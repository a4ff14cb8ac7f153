"""Between reading and writing: rows are counted, transfers put aside and given back by ledger.

Transfers wait in Parquet files of a temporary folder, so memory stays bounded however large the
source is, and come back in partitions of whole ledgers, sorted. Keyless ids are given here, because
they number equal rows of one file, and so are repetitions inside the input told apart.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from core.schema import ACCOUNTS, ASSETS, TRANSFERS
from loader.format import STAGED
from loader.verdicts import joined, quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.dead_letter import DeadLetter
    from loader.format import Parcel

PARTITION_ROWS = 250_000
CONTENT = ("source", "target", "asset", "amount_base", "ts", "kind")
"""What must agree between two transfers of one id, else the later one is altered."""

_OWN = {*STAGED, "file", "line", "unit"}


class Staging:
    """Collects the parcels of one load.

    Attributes:
        read: rows seen.
        files: rows by name of the file.
        candidates: rows that have transfers.
    """

    def __init__(
        self, folder: Path, network: str, letters: DeadLetter, partition_rows: int = PARTITION_ROWS
    ) -> None:
        self.folder, self.network, self.letters = folder, network, letters
        self.partition_rows = partition_rows
        self.read = self.candidates = self.transfers = 0
        self.skipped: Counter[str] = Counter()
        self.files: dict[str, int] = {}
        self.assets = pl.DataFrame(schema=ASSETS)
        self._names: list[str] = []
        self._waiting: list[pl.DataFrame] = []
        self._parts: list[Path] = []
        self._accounts: list[Path] = []

    def add(self, parcel: Parcel) -> None:
        """Count a parcel's rows and put its transfers aside."""
        rows, transfers = parcel.rows, parcel.transfers
        name = parcel.source.name
        if name not in self.files:
            self.files[name] = 0
            self._names.append(name)
        rejected = rows.filter(pl.col("reject").is_not_null())
        self.letters.add(name, rejected)
        skipped = rows.filter(pl.col("reject").is_null() & pl.col("skip").is_not_null())["skip"]
        for reason, count in skipped.value_counts().iter_rows():
            self.skipped[reason] += count
        candidates = rows.filter(pl.col("reject").is_null() & pl.col("skip").is_null())
        moved = transfers["row"].drop_nulls().unique()
        if not candidates["row"].sort().equals(moved.sort()):
            raise AssertionError(f"{name}: rows with transfers are not the rows left to load")
        if transfers.height:
            # A fee has no row: it is a unit of its own, told apart by its place.
            transfers = transfers.join(
                rows.select("row", "line"), on="row", how="left"
            ).with_columns(
                file=pl.lit(
                    len(self.files) - 1 if name == self._names[-1] else self._names.index(name),
                    pl.Int32,
                ),
                unit=pl.coalesce(
                    pl.col("row") + self.read, -1 - self.transfers - pl.int_range(pl.len())
                ),
            )
            self._waiting.append(transfers)
        if parcel.accounts is not None and parcel.accounts.height:
            self._accounts.append(
                self._spill(parcel.accounts.match_to_schema(ACCOUNTS), "accounts")
            )
        if parcel.assets is not None:
            self.assets = pl.concat([self.assets, parcel.assets.match_to_schema(ASSETS)]).unique(
                "id", keep="first", maintain_order=True
            )
        self.read += rows.height
        self.files[name] += rows.height
        self.candidates += candidates.height
        self.transfers += transfers.height
        if sum(frame.height for frame in self._waiting) >= self.partition_rows:
            self._parts.append(self._spill(self._gather(), "transfers"))

    def accounts(self) -> Iterator[pl.DataFrame]:
        """Accounts that the source lists, with or without transfers."""
        for path in self._accounts:
            yield pl.read_parquet(path).unique("id", keep="first", maintain_order=True)

    def partitions(self) -> Iterator[pl.DataFrame]:
        """Transfers of whole ledgers, with ids, sorted by ledger and unit; may hold repetitions."""
        if not self._parts:
            if self._waiting:
                yield self._finish(self._gather())
            return
        if self._waiting:
            self._parts.append(self._spill(self._gather(), "transfers"))
        scan = pl.scan_parquet(self._parts, missing_columns="insert", extra_columns="ignore")
        scan = pl.concat([pl.scan_parquet(part) for part in self._parts], how="diagonal")
        ledgers = scan.select("ledger").collect()["ledger"].sort()
        bounds = ledgers.gather_every(self.partition_rows).unique().sort().to_list()
        for low, high in zip(bounds, [*bounds[1:], None], strict=True):
            wanted = pl.col("ledger") >= low
            if high is not None:
                wanted &= pl.col("ledger") < high
            yield self._finish(scan.filter(wanted).collect())

    def name(self, file: int) -> str:
        """The name of a file by its number in the `file` column."""
        return self._names[file]

    def _gather(self) -> pl.DataFrame:
        frame = pl.concat(self._waiting, how="diagonal")
        self._waiting = []
        return frame

    def _spill(self, frame: pl.DataFrame, what: str) -> Path:
        path = self.folder / f"{what}_{len(self._parts) + len(self._accounts)}.parquet"
        frame.write_parquet(path, compression="lz4")
        return path

    def _finish(self, frame: pl.DataFrame) -> pl.DataFrame:
        if frame["id"].null_count():
            frame = self._number(frame)
        return frame.sort("ledger", "unit", "ord", maintain_order=True)

    def _number(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give keyless transfers their ids: equal rows of one file are numbered from 0."""
        prefix = f"{self.network}:"
        extras = sorted(set(frame.columns) - _OWN)
        order = ["asset", "ts", "kind", "tx_id", *extras]
        frame = frame.sort(order, nulls_last=True, maintain_order=True)
        same = ["file", "ledger", "source", "target", "amount_base"]
        number = pl.int_range(pl.len()).over(same)
        built = pl.concat_str(
            quote(pl.lit(self.network)),
            "ledger",
            joined([pl.col(side).str.strip_prefix(prefix) for side in ("source", "target")]),
            "amount_base",
            number,
            separator=":",
        )
        return frame.with_columns(id=pl.coalesce("id", built))


def transfer_extras(frame: pl.DataFrame) -> list[str]:
    """Columns that are neither transfers' common properties nor bookkeeping."""
    return sorted(set(frame.columns) - _OWN - set(TRANSFERS))
