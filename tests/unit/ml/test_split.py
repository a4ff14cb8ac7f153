from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from ml import split
from ml.labels import SCHEMA


def _worst(sizes: tuple[int, ...], total: int) -> float:
    want = [share * total for share in split.SHARES]
    return max(abs(size - w) / w for size, w in zip(sizes, want, strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_no_other_pair_of_ledger_cuts_is_nearer_to_the_shares(seed: int) -> None:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 40, random.integers(4, 25))
    ledgers = np.sort(random.choice(1000, sizes.size, replace=False))
    found = split.ledgers(pl.DataFrame({"ledger": np.repeat(ledgers, sizes)}))
    below = np.concatenate([[0], np.cumsum(sizes)])
    total = int(sizes.sum())
    best = min(
        _worst((int(below[a]), int(below[b] - below[a]), int(total - below[b])), total)
        for a, b in itertools.combinations(range(below.size), 2)
    )
    assert _worst(found.transfers, total) == pytest.approx(best)
    assert sum(found.transfers) == total


def test_parts_hold_whole_ledgers() -> None:
    edges = pl.DataFrame({"ledger": np.repeat(np.arange(10), 7)})
    found = split.ledgers(edges)
    part = np.digitize(edges["ledger"].to_numpy(), [found.validation_from, found.test_from])
    assert np.bincount(part).tolist() == list(found.transfers) == [42, 14, 14]


def _labels(known_from: list[int | None]) -> pl.DataFrame:
    n = len(known_from)
    columns = [range(n), [i % 3 == 0 for i in range(n)], known_from, ["f"] * n, [1.0] * n]
    return pl.DataFrame(columns, schema=SCHEMA, strict=False)


def test_labels_without_time_are_a_seeded_stratified_list() -> None:
    labels = _labels([None] * 300)
    one, same, other = (split.labelled(labels, seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)
    assert split.counts(labels, one) == {
        "train": {"bad": 60, "good": 120},
        "validation": {"bad": 20, "good": 40},
        "test": {"bad": 20, "good": 40},
    }


def test_labels_with_time_are_cut_by_it() -> None:
    random = np.random.default_rng(0)
    labels = _labels(random.permutation(100).tolist())
    joined = labels.join(split.labelled(labels, 1), on="idx")
    latest = {part: joined.filter(pl.col("part") == part)["known_from"] for part in split.PARTS}
    assert latest["train"].max() < latest["validation"].min()  # type: ignore[operator]
    assert latest["validation"].max() < latest["test"].min()  # type: ignore[operator]
