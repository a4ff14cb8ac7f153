"""Mahalanobis distances against the textbook formula, and the degenerate cases."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from ml import outliers


def test_two_columns_by_hand() -> None:
    """Four corners of a rectangle: covariance diagonal, each distance sqrt(2 * 3 / 4)."""
    z = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 6.0], [2.0, 6.0]])
    distance, rank, status = outliers.mahalanobis(z)
    assert (rank, status) == (2, "ok")
    assert distance == pytest.approx([np.sqrt(1.5)] * 4)


@pytest.mark.parametrize("collinear", [False, True])
def test_collinear_columns_change_no_distance(collinear: bool) -> None:
    x = np.random.default_rng(1).normal(size=(50, 3))
    wide = np.column_stack([x, x[:, 0] - x[:, 1], 2 * x[:, 2]]) if collinear else x
    distance, rank, _ = outliers.mahalanobis(wide)
    centred = x - x.mean(axis=0)
    inverse = np.linalg.inv(np.cov(x, rowvar=False))
    assert rank == 3
    assert distance == pytest.approx(np.sqrt(np.einsum("ij,jk,ik->i", centred, inverse, centred)))
    assert (distance**2).sum() == pytest.approx(3 * 49)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_too_few_rows_are_degenerate(rows: int) -> None:
    z = np.random.default_rng(2).normal(size=(rows, 2))
    distance, _, status = outliers.mahalanobis(z)
    assert status == "degenerate"
    assert distance.tolist() == [0.0] * rows


def test_constant_columns_are_dropped_and_equal_accounts_share_their_distance() -> None:
    degree = [1, 2, 3, 4, 5, 6, 7, 7, 7, 1]
    names = (*outliers.LOGS, *outliers.PLAIN)
    features = pl.DataFrame({name: [0.1] * len(degree) for name in names}).with_columns(
        in_degree=pl.Series(degree), total_input_amount=pl.Series(degree[::-1]) * 1e20
    )
    found = outliers.find(features)
    assert found.columns == (
        "in_degree",
        "total_input_amount",
        "log_degree_ratio",
        "log_amount_ratio",
    )
    assert (found.rank, found.status) == (2, "ok")
    assert found.z.mean(axis=0) == pytest.approx(0)
    assert found.z.std(axis=0, ddof=1) == pytest.approx(1)
    same = outliers.find(pl.concat([features, features]))
    assert set(same.distance[:10].tolist()) == set(same.distance[10:].tolist())


def test_fusion_by_hand() -> None:
    fused = outliers.fuse(np.array([0.0, 3.0]), np.array([1.0, 1.0]), np.array([-0.2, 0.1]))
    assert fused["rule_score_100"].to_list() == [0.0, 100.0]
    assert fused["mahalanobis_distance_stats_score_100"].to_list() == [50.0, 50.0]
    assert fused["iforest_stats_score_100"].to_list() == [25.0, 75.0]
    assert fused["final_score_0_100"].to_list() == [25.0, 75.0]
    assert fused["final_score_top_percent"].to_list() == [100.0, 50.0]
