"""How good scores are: exact definitions in NumPy, checked against scikit-learn in the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from ml.contract import Floats, Integers

    Metric = Callable[[Integers, Floats], float]

BINS = 10
RESAMPLES = 1000


def ranks(values: Floats) -> Floats:
    """Ascending ranks from 1; ties share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Floats = (last - (counts - 1) / 2).astype(np.float64)
    return mean[inverse]


def hazen(values: Floats) -> Floats:
    """Hazen percentile in (0, 100) of each value among all."""
    return (ranks(values) - 0.5) / max(values.size, 1) * 100


def auc(y: Integers, score: Floats) -> float:
    """Area under the ROC curve; a tie counts one half."""
    bad = int((y == 1).sum())
    good = y.size - bad
    total = ranks(score)[y == 1].sum() - bad * (bad + 1) / 2
    return float(total / (bad * good))


def average_precision(y: Integers, score: Floats) -> float:
    """Sum of precision times the growth of recall over the distinct thresholds."""
    hits, flagged = _curve(y, score)
    recall = hits / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * hits / flagged))


def _curve(y: Integers, score: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    ends = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
    hits = np.cumsum(y[order]).astype(np.float64)[ends]
    return hits, (ends + 1).astype(np.float64)


def best_threshold(y: Integers, score: Floats) -> float:
    """The score from which flagging gives the largest F1; the highest such one."""
    order = np.sort(np.unique(score))[::-1]
    hits, flagged = _curve(y, score)
    f1 = 2 * hits / (flagged + y.sum())
    return float(order[int(f1.argmax())])


def budget_threshold(score: Floats, share: float) -> float:
    """The lowest score of the highest `share` of accounts, of one at least."""
    k = max(1, int(np.floor(score.size * share + 0.5)))
    return float(np.sort(score)[-k])


def at_threshold(y: Integers, score: Floats, threshold: float) -> tuple[float, float, float]:
    """Precision, recall and F1 of `score >= threshold`; 0 where nothing is flagged."""
    flagged = score >= threshold
    hits = float((flagged & (y == 1)).sum())
    precision = hits / flagged.sum() if flagged.any() else 0.0
    recall = hits / (y == 1).sum() if (y == 1).any() else 0.0
    total = precision + recall
    return float(precision), float(recall), 2 * precision * recall / total if total else 0.0


def precision_at(y: Integers, score: Floats, k: int) -> float:
    """Share of bad ones among the k highest; ties in the order of the accounts."""
    top = np.argsort(-score, kind="stable")[:k]
    return float(y[top].mean())


def brier(y: Integers, probability: Floats) -> float:
    """Mean squared distance of probability and truth."""
    return float(np.mean((probability - y) ** 2))


def calibration_error(y: Integers, probability: Floats, bins: int = BINS) -> float:
    """ECE: mean gap of truth and probability over equal-width bins, the last closed at 1."""
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    truth = np.bincount(place, weights=y, minlength=bins)
    said = np.bincount(place, weights=probability, minlength=bins)
    return float(np.abs(truth - said).sum() / y.size)


def interval(
    metric: Metric, y: Integers, score: Floats, seed: int = 42, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95 % bootstrap interval over accounts; resamples of a single class are drawn again."""
    random = np.random.default_rng(seed)
    found: list[float] = []
    while len(found) < resamples:
        drawn = random.integers(0, y.size, y.size)
        if 0 < y[drawn].sum() < y.size:
            found.append(metric(y[drawn], score[drawn]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
