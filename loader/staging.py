"""Between reading and writing: rows are counted, transfers put aside and given back by ledger.

Transfers wait in Parquet files of a temporary folder, so memory stays bounded however large the
source is, and come back in partitions of whole ledgers, sorted. Keyless ids are given here, because
they number equal rows of one file, and so are repetitions inside the input told apart.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from core.schema import ACCOUNTS, ASSETS
from loader import blocks
from loader.blocks import BLOCKS
from loader.format import STAGED
from loader.reading.side_table import SideTable
from loader.verdicts import joined, quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.dead_letter import DeadLetter
    from loader.format import Parcel

PARTITION_ROWS = 125_000
OWN = frozenset({*STAGED, "file", "line", "unit", "verdict", blocks.COLUMN, blocks.RENEWED})
"""Columns of staged transfers that are not extras."""


class Staging:
    """Collects the parcels of one load.

    Attributes:
        read: rows seen.
        files: rows by name of the file.
        transfers: transfers put aside.
        blocks: the blocks that were named, in this order.
    """

    def __init__(self, folder: Path, network: str, letters: DeadLetter) -> None:
        self.folder, self.network, self.letters = folder, network, letters
        self.read = self.transfers = 0
        self.skipped: Counter[str] = Counter()
        self.files: dict[str, int] = {}
        self.assets = pl.DataFrame(schema=ASSETS)
        self.blocks = SideTable(folder, "block_hashes", "ledger", BLOCKS)
        self._names: list[str] = []
        self._waiting: list[pl.DataFrame] = []
        self._parts: list[Path] = []
        self._accounts: list[Path] = []

    def add(self, parcel: Parcel) -> None:
        """Count a parcel's rows and put its transfers aside."""
        name, rows = parcel.source.name, parcel.rows
        if name not in self.files:
            self.files[name] = 0
            self._names.append(name)
        rejected, skipped = pl.col("reject").is_not_null(), pl.col("skip").is_not_null()
        self.letters.add(name, rows.filter(rejected))
        reasons = rows.filter(~rejected & skipped)["skip"]
        self.skipped.update(dict(reasons.value_counts().iter_rows()))
        left = rows.filter(~rejected & ~skipped)["row"]
        if not left.sort().equals(parcel.transfers["row"].drop_nulls().unique().sort()):
            raise AssertionError(f"{name}: rows with transfers are not the rows left to load")
        if parcel.transfers.height:
            self._wait(parcel)
        if parcel.accounts is not None and parcel.accounts.height:
            accounts = pl.concat([pl.DataFrame(schema=ACCOUNTS), parcel.accounts], how="diagonal")
            self._accounts.append(self._spill(accounts, "accounts"))
        if parcel.assets is not None:
            assets = pl.concat([self.assets, parcel.assets.select(ASSETS.names())])
            self.assets = assets.unique("id", keep="first", maintain_order=True)
        if parcel.blocks is not None and parcel.blocks.height:
            self.blocks.add(parcel.blocks)
        self.read += rows.height
        self.files[name] += rows.height

    def _wait(self, parcel: Parcel) -> None:
        """Keep transfers with their place; a fee has no row and is a unit of its own."""
        place = pl.int_range(pl.len(), dtype=pl.Int64)
        number = self._names.index(parcel.source.name)
        transfers = parcel.transfers.join(
            parcel.rows.select("row", "line"), on="row", how="left", maintain_order="left"
        ).with_columns(
            file=pl.lit(number, pl.Int32),
            unit=pl.coalesce(pl.col("row") + self.read, -1 - self.transfers - place),
        )
        self._waiting.append(transfers)
        self.transfers += transfers.height
        if sum(frame.height for frame in self._waiting) >= PARTITION_ROWS:
            self._parts.append(self._spill(self._gather(), "transfers"))

    def accounts(self) -> Iterator[pl.DataFrame]:
        """Accounts that the source lists, with or without transfers."""
        for path in self._accounts:
            yield pl.read_parquet(path).unique("id", keep="first", maintain_order=True)

    def partitions(self) -> Iterator[pl.DataFrame]:
        """Transfers of whole ledgers, with ids, sorted by ledger and unit; may hold repetitions.

        Where a source names blocks, they have the columns of `loader.blocks`. Of a ledger that is
        told in several versions each comes apart, the one that is named last as the last.
        """
        for frame in self._ledgers():
            yield from self._versions(frame)

    def _ledgers(self) -> Iterator[pl.DataFrame]:
        if not self._parts:
            if self._waiting:
                yield self._finish(self._gather())
            return
        if self._waiting:
            self._parts.append(self._spill(self._gather(), "transfers"))
        scan = pl.concat([pl.scan_parquet(part) for part in self._parts], how="diagonal")
        ledgers = scan.select("ledger").collect()["ledger"].sort()
        bounds = ledgers.gather_every(PARTITION_ROWS).unique().sort().to_list()
        for low, high in zip(bounds, [*bounds[1:], None], strict=True):
            wanted = pl.col("ledger") >= low
            if high is not None:
                wanted &= pl.col("ledger") < high
            yield self._finish(scan.filter(wanted).collect())

    def retold(self) -> bool:
        """Whether the input tells some block in more than one version."""
        told = self.blocks.scan().group_by("ledger").agg(pl.col("hash").n_unique())
        return bool(told.select((pl.col("hash") > 1).any()).collect(engine="streaming").item())

    def newest_blocks(self, high: int | None, also: pl.Series) -> pl.DataFrame:
        """The blocks that stand among the last ledgers and among those of `also`.

        Args:
            high: the highest ledger of the graph.
            also: ledgers.
        """
        last = pl.col("ledger") > blocks.lowest(high)
        told = self.blocks.scan().filter(pl.col("ledger").is_in(also.implode()) | last)
        each = blocks.numbered(told.collect()).unique("ledger", keep="last", maintain_order=True)
        return each.select("ledger", "hash", renewed=pl.lit(value=False))

    def _versions(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        if not self.blocks.given:
            yield frame
            return
        told = blocks.numbered(self.blocks.near(frame["ledger"]))
        own = pl.col(blocks.COLUMN) if blocks.COLUMN in frame.columns else pl.lit(None, pl.String)
        last = told.unique("ledger", keep="last").rename({"hash": "last_hash", "version": "last"})
        frame = (
            frame.with_columns(hash=own)
            .join(told, on=["ledger", "hash"], how="left", maintain_order="left")
            .join(last, on="ledger", how="left", maintain_order="left")
            .with_columns(
                pl.when(pl.col("version").is_null())
                .then("last_hash")
                .otherwise("hash")
                .alias(blocks.COLUMN),
                version=pl.coalesce("version", "last", pl.lit(0)),
            )
            .drop("hash", "last_hash", "last")
        )
        for version in frame["version"].unique().sort():
            part = frame.filter(pl.col("version") == version).drop("version")
            yield part.with_columns(pl.lit(version > 0).alias(blocks.RENEWED))

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
        extras = sorted(set(frame.columns) - OWN)
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
