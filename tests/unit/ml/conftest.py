"""A small generated ledger on disk, as an export has it, without a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from ml import extract, profiles, subgraph
from ml.labels import SCHEMA
from ml.subgraph import SnapshotSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY_MS = 86_400_000
ACCOUNTS, TRANSFERS, BAD = 900, 6_000, 150


@pytest.fixture(scope="session")
def edges() -> pl.DataFrame:
    """Transfers in which the first 150 accounts collect small amounts and pass them on quickly."""
    random = np.random.default_rng(7)
    source = random.integers(0, ACCOUNTS, TRANSFERS)
    target = (source + random.integers(1, ACCOUNTS, TRANSFERS)) % ACCOUNTS
    amount = random.lognormal(3, 1, TRANSFERS)
    hour = random.integers(0, 90 * 24, TRANSFERS)
    collecting = random.random(TRANSFERS) < 0.4
    target[collecting] = random.integers(0, BAD, int(collecting.sum()))
    amount[collecting] = random.lognormal(1, 0.5, int(collecting.sum()))
    base = (amount * 100).round().astype(np.int64)
    frame = pl.DataFrame(
        {
            "source": source,
            "target": target,
            "ts": hour * 3_600_000 + 1_700_000_000_000,
            "ledger": hour,
            "ord": np.zeros(TRANSFERS, np.int64),
            "asset": ["test:EUR"] * TRANSFERS,
            "amount": base / 100,
            "amount_base": base.astype(str),
            "kind": ["edge"] * TRANSFERS,
            "id": [f"test:{ledger}:{i:05d}" for i, ledger in enumerate(hour)],
        }
    )
    return frame.sort("ledger", "ord", "id")


@pytest.fixture(scope="session")
def write(edges: pl.DataFrame) -> Callable[..., str]:
    """Writes the ledger as an export; `shuffle` gives the labels to the wrong accounts."""

    def save(folder: Path, *, shuffle: bool = False, labelled: int = ACCOUNTS) -> str:
        known = pl.DataFrame(
            {
                "number": range(ACCOUNTS),
                "account_id": [f"test:a{i:04d}" for i in range(ACCOUNTS)],
                "is_infra": [i == ACCOUNTS - 1 for i in range(ACCOUNTS)],
            }
        )
        nodes, numbered, vocabulary = extract.number(known, edges, keep_idle=True)
        features = profiles.of(nodes.height, numbered, amounts=True)
        nodes = nodes.hstack(extract.masked(features))
        y = (np.arange(ACCOUNTS) < BAD).astype(np.int8)
        if shuffle:
            y = np.random.default_rng(3).permutation(y)
        labels = pl.DataFrame(
            {
                "idx": np.arange(ACCOUNTS, dtype=np.int32),
                "y": y,
                "known_from": [None] * ACCOUNTS,
                "source": ["file"] * ACCOUNTS,
                "confidence": [1.0] * ACCOUNTS,
            },
            schema=SCHEMA,
        ).head(labelled)
        spec = SnapshotSpec(network="test", families=())
        return subgraph.save(folder, spec, (nodes, numbered, labels), vocabulary, {})

    return save


@pytest.fixture(scope="session")
def exported(write: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "subgraph"
    write(folder)
    return folder
