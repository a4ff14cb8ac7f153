from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from ml import calibration, metrics


@pytest.fixture(params=[0, 1, 2])
def scored(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(request.param)
    y = (random.random(400) < 0.3).astype(np.int64)
    # Rounded, so that there are many ties.
    return y, np.round(np.clip(y * 0.2 + random.random(400) * 0.8, 0, 1), 2)


def test_equal_scikit_learn(scored: tuple[np.ndarray, np.ndarray]) -> None:
    y, score = scored
    assert metrics.auc(y, score) == pytest.approx(reference.roc_auc_score(y, score))
    expected = reference.average_precision_score(y, score)
    assert metrics.average_precision(y, score) == pytest.approx(expected)
    assert metrics.brier(y, score) == pytest.approx(reference.brier_score_loss(y, score))
    flagged = (score >= 0.5).astype(int)
    expected_three = reference.precision_recall_fscore_support(y, flagged, average="binary")[:3]
    assert metrics.at_threshold(y, score, 0.5) == pytest.approx(expected_three)


def test_best_threshold_has_the_largest_f1(scored: tuple[np.ndarray, np.ndarray]) -> None:
    y, score = scored
    best = metrics.at_threshold(y, score, metrics.best_threshold(y, score))[2]
    assert best == max(metrics.at_threshold(y, score, t)[2] for t in np.unique(score))


def test_a_budget_takes_the_highest_share_and_all_that_are_level_with_its_last() -> None:
    score = np.array([0.1, 0.9, 0.5, 0.7, 0.7, 0.2])
    shares = (0.01, 0.25, 0.5, 1.0)  # of six accounts: one at least, 1.5 is two, three, all
    assert [metrics.budget_threshold(score, share) for share in shares] == [0.9, 0.7, 0.7, 0.1]


def test_ties_count_one_half_and_share_ranks() -> None:
    y, tied = np.array([0, 1, 0, 1]), np.array([0.5, 0.5, 0.5, 0.5])
    assert metrics.auc(y, tied) == 0.5
    assert metrics.hazen(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [75.0, 12.5, 75.0, 37.5]


def test_calibration_error_closes_the_last_bin_and_skips_empty_ones() -> None:
    y, probability = np.array([1, 1, 0, 0]), np.array([1.0, 0.95, 0.05, 0.0])
    assert metrics.calibration_error(y, probability) == pytest.approx(0.025)


def test_precision_at_breaks_ties_in_the_order_of_accounts() -> None:
    assert metrics.precision_at(np.array([1, 0, 0]), np.array([0.5, 0.5, 0.5]), 1) == 1.0


def test_interval_holds_the_value(scored: tuple[np.ndarray, np.ndarray]) -> None:
    y, score = scored
    low, high = metrics.interval(metrics.auc, y, score, seed=1, resamples=200)
    assert low < metrics.auc(y, score) < high
    assert (low, high) == metrics.interval(metrics.auc, y, score, seed=1, resamples=200)


@pytest.mark.parametrize(("rows", "method"), [(300, "platt"), (3000, "isotonic")])
def test_calibration_is_monotone_and_survives_a_round_trip(rows: int, method: str) -> None:
    random = np.random.default_rng(0)
    raw = random.normal(size=rows)
    truth = 1 / (1 + np.exp(-2 * raw))
    y = (random.random(rows) < truth).astype(np.int64)
    curve = calibration.fit(raw, y)
    again = calibration.Calibration.restore(curve.facts(), "here")
    probability = again.apply(np.sort(raw))
    assert curve.method == method
    assert (np.diff(probability) >= 0).all()
    # Chance alone keeps even the true probabilities from an error of 0.
    chance = metrics.calibration_error(y, truth)
    assert metrics.calibration_error(y, curve.apply(raw)) < chance + 0.02
