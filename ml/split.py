"""Train, validation and test parts: of a ledger by whole ledgers, of labels by time or by list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

PARTS = ("train", "validation", "test")
SHARES = (0.6, 0.2, 0.2)
METHOD = "by the time of the label where every label has one, else a seeded stratified list"


@dataclass(frozen=True, slots=True)
class LedgerSplit:
    """First ledgers of the validation and the test part, and the transfers in each part.

    Train is `ledger < validation_from`, validation is below `test_from`, test is the rest.
    """

    validation_from: int
    test_from: int
    transfers: tuple[int, int, int]

    def facts(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "validation_from": self.validation_from,
            "test_from": self.test_from,
            "transfers": dict(zip(PARTS, self.transfers, strict=True)),
        }


def ledgers(edges: pl.DataFrame, shares: tuple[float, float, float] = SHARES) -> LedgerSplit:
    """The two cuts between ledgers that keep the largest relative error of a share smallest.

    For a first cut, the error of the other two shares is smallest where they err alike, so only
    the ledgers beside that point need a look.
    """
    counts = edges.group_by("ledger").len().sort("ledger")
    ledger, size = counts["ledger"].to_numpy(), counts["len"].to_numpy().astype(np.float64)
    total = size.sum()
    want = np.array(shares) / sum(shares) * total
    before = np.concatenate([[0.0], np.cumsum(size)])  # transfers below the i-th ledger
    first = np.arange(before.size)
    low, high = before + want[1], total - want[2]
    even = (low * want[2] + high * want[1]) / (want[1] + want[2])
    right = np.searchsorted(before, even)
    best: tuple[float, int, int] = (np.inf, 0, 0)
    for offset in (-1, 0):
        second = np.clip(right + offset, first, before.size - 1)
        sizes = np.stack([before, before[second] - before, total - before[second]])
        error = (np.abs(sizes - want[:, None]) / want[:, None]).max(axis=0)
        place = int(error.argmin())
        best = min(best, (float(error[place]), place, int(second[place])))
    _, one, two = best
    past = int(ledger[-1]) + 1
    starts = [int(ledger[i]) if i < ledger.size else past for i in (one, two)]
    parts = before[one], before[two] - before[one], total - before[two]
    return LedgerSplit(starts[0], starts[1], (int(parts[0]), int(parts[1]), int(parts[2])))


def labelled(
    labels: pl.DataFrame, seed: int, validation: float = SHARES[1], test: float = SHARES[2]
) -> pl.DataFrame:
    """The part of each label, as `idx, part`.

    Labels that all tell since when they are known are cut by that time; else a fixed list, equal
    for equal labels and seed, with the same share of bad ones in each part.
    """
    timed = labels.height > 0 and labels["known_from"].null_count() == 0
    if timed and labels["known_from"].n_unique() >= len(PARTS):
        cut = labels["known_from"].rank("max").to_numpy() / labels.height
        place = cut
    else:
        place = _stratified(labels["y"].to_numpy(), seed)
    part = np.full(labels.height, PARTS[0], dtype=object)
    part[place > 1 - validation - test] = PARTS[1]
    part[place > 1 - test] = PARTS[2]
    return pl.DataFrame(
        {"idx": labels["idx"], "part": pl.Series(part.tolist(), dtype=pl.String)},
        schema={"idx": pl.Int32, "part": pl.String},
    )


def counts(labels: pl.DataFrame, parts: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Bad and good accounts in each part."""
    joined = labels.join(parts, on="idx")
    return {
        part: {
            "bad": joined.filter((pl.col("part") == part) & (pl.col("y") == 1)).height,
            "good": joined.filter((pl.col("part") == part) & (pl.col("y") == 0)).height,
        }
        for part in PARTS
    }


def _stratified(y: np.ndarray, seed: int) -> np.ndarray:
    """A place in (0, 1] for each label, spread evenly within each class."""
    place = np.zeros(y.size)
    draw = np.random.default_rng(seed)
    for value in (0, 1):
        members = np.flatnonzero(y == value)
        place[draw.permutation(members)] = (np.arange(members.size) + 0.5) / max(members.size, 1)
    return place
