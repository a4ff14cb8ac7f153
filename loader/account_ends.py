"""The accounts that a source implies: those at the ends of its transfers, and those it lists.

They wait in files of a temporary folder, so that a ledger larger than memory can be gone through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loader import batching

if TYPE_CHECKING:
    from pathlib import Path

_INFRASTRUCTURE = ("pseudo", "coinbase")
_ENDS = pl.Schema(
    {
        "id": pl.String(),
        "kind": pl.String(),
        "members": pl.List(pl.String()),
        "first": pl.Int64(),
        "last": pl.Int64(),
    }
)


class AccountEnds:
    """Collects accounts part by part; of two kinds told, the one other than `account` stands."""

    def __init__(self, folder: Path, network: str) -> None:
        self.folder, self.network = folder, network
        self._parts: list[Path] = []

    def add_transfers(self, transfers: pl.DataFrame) -> None:
        """Note the accounts at the ends of some transfers."""
        if transfers.height:
            self.add_accounts(batching.endpoints(transfers, self.network))

    def add_accounts(self, accounts: pl.DataFrame) -> None:
        """Note accounts by id; columns that are not known may be left out."""
        path = self.folder / f"ends_{len(self._parts)}.parquet"
        accounts.select(
            pl.col(name) if name in accounts.columns else pl.lit(None, kind).alias(name)
            for name, kind in _ENDS.items()
        ).cast(_ENDS).write_parquet(path, compression="lz4")
        self._parts.append(path)

    def gather(self) -> pl.DataFrame:
        """Each account once, by id, with the properties that a load gives it."""
        if not self._parts:
            empty = pl.DataFrame(schema=_ENDS).lazy()
            return self._properties(empty.with_columns(part=pl.lit(0, pl.Int32))).collect()
        ends = pl.concat(
            pl.scan_parquet(path).with_columns(part=pl.lit(part, pl.Int32))
            for part, path in enumerate(self._parts)
        )
        return self._properties(ends).collect(engine="streaming")

    def _properties(self, ends: pl.LazyFrame) -> pl.LazyFrame:
        told = pl.col("kind", "members").sort_by("part")
        return (
            ends.with_columns(kind=pl.col("kind").replace("account", None))
            .group_by("id")
            .agg(
                told.drop_nulls().first(),
                first_seen=pl.col("first").min(),
                last_seen=pl.col("last").max(),
            )
            .sort("id")
            .select(
                "id",
                pl.lit(self.network).alias("network"),
                pl.col("id").str.strip_prefix(f"{self.network}:").alias("address"),
                pl.col("kind").fill_null("account"),
                "first_seen",
                "last_seen",
                listing("members"),
                pl.when(pl.col("kind").is_in(_INFRASTRUCTURE))
                .then(pl.lit(value=True))
                .alias("is_infra"),
            )
        )


def listing(name: str) -> pl.Expr:
    """A list column, null where it is empty: an empty list is no property."""
    return pl.when(pl.col(name).list.len() > 0).then(pl.col(name)).alias(name)
