"""Parquet files that neo4j-admin imports: frames of one load under the importer's headers.

A column's name is its header: `id:ID(account)` is the key that relationships refer to and becomes
the property `id`. Properties and their types are those that `loader.stream` writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.schema import TRANSFERS, NodeLabel, RelationshipType
from loader.account_ends import AccountEnds, listing
from loader.staging import OWN

if TYPE_CHECKING:
    from pathlib import Path


class ImportFiles:
    """Collects transfers and accounts of one network as files of a folder.

    Attributes:
        transfers: relationship type and file.
        nodes: label and file.
    """

    def __init__(self, folder: Path, network: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.accounts = AccountEnds(folder, network)
        self.transfers: list[tuple[str, Path]] = []
        self.nodes: list[tuple[str, Path]] = []

    def add_transfers(self, fresh: pl.DataFrame) -> None:
        """Put new transfers and the accounts at their ends into files."""
        extras = sorted(set(fresh.columns) - OWN - set(TRANSFERS))
        # Neighbours in the store: the relationships of an account follow each other.
        columns = fresh.sort("source", maintain_order=True).select(
            pl.col("source").alias(":START_ID(account)"),
            pl.col("target").alias(":END_ID(account)"),
            "id", "asset", "amount_base", "amount",
            pl.from_epoch("ts", "ms").dt.replace_time_zone("UTC").alias("timestamp"),
            "ts", "ledger", "ord", "kind", listing("flags"), "tx_id", *extras,
        )  # fmt: skip
        path = self._write(columns, f"transfers_{len(self.transfers)}")
        self.transfers.append((RelationshipType.TRANSFER, path))
        self.accounts.add_transfers(fresh)

    def finish(self, assets: pl.DataFrame, checkpoint: pl.DataFrame) -> int:
        """Write accounts, assets and the Checkpoint, and return the number of accounts."""
        accounts = self.accounts.gather()
        counted = checkpoint.with_columns(accounts=pl.lit(accounts.height, pl.Int64))
        self._add_nodes(NodeLabel.ACCOUNT, accounts, "id")
        self._add_nodes(NodeLabel.ASSET, assets, "id")
        self._add_nodes(NodeLabel.CHECKPOINT, counted, "network")
        return accounts.height

    def _add_nodes(self, label: NodeLabel, frame: pl.DataFrame, key: str) -> None:
        if frame.height:
            group = label.lower()
            headed = frame.rename({key: f"{key}:ID({group})"})
            self.nodes.append((label, self._write(headed, group)))

    def _write(self, frame: pl.DataFrame, name: str) -> Path:
        """Write the columns that hold anything."""
        path = self.folder / f"{name}.parquet"
        present = [column for column in frame if column.null_count() < frame.height]
        frame.select(present).write_parquet(path, compression="zstd", compression_level=1)
        return path
