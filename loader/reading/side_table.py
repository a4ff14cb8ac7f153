"""A side file too large for memory: kept in Parquet, read back by ranges of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path


class SideTable:
    """Rows that explain other rows, found by an integer key.

    Attributes:
        given: whether any file held such rows, even none of use.
        keys: the key of every row.
    """

    def __init__(self, folder: Path, name: str, key: str, schema: pl.Schema) -> None:
        self.folder, self.name, self.key, self.schema = folder, name, key, schema
        self.given = False
        self._parts: list[Path] = []

    def add(self, frame: pl.DataFrame) -> None:
        """Put rows aside."""
        self.given = True
        path = self.folder / f"{self.name}_{len(self._parts)}.parquet"
        frame.select(self.schema.names()).cast(self.schema).write_parquet(path)
        self._parts.append(path)

    def scan(self) -> pl.LazyFrame:
        """Every row, lazily."""
        if not self._parts:
            return pl.LazyFrame(schema=self.schema)
        return pl.scan_parquet(self._parts)

    def near(self, keys: pl.Series) -> pl.DataFrame:
        """The rows whose key is not below or above all of `keys`, in the order of their giving."""
        low, high = keys.min(), keys.max()
        if low is None or high is None:
            return pl.DataFrame(schema=self.schema)
        return self.scan().filter(pl.col(self.key).is_between(low, high)).collect()

    def matching(self, keys: pl.Series) -> pl.DataFrame:
        """The rows whose key is among `keys`, each once however often it was given."""
        wanted = self.near(keys).join(keys.unique().to_frame(self.key), on=self.key, how="semi")
        return wanted.unique(maintain_order=True)

    def unmatched(self, keys: pl.Series) -> int:
        """How many rows match none of `keys`."""
        mine = self.scan().select(self.key).collect()
        return mine.join(keys.unique().to_frame(self.key), on=self.key, how="anti").height
