"""Mahalanobis distance, Isolation Forest and their fusion with rules, over one ledger's accounts.

spec/features-and-rules.md sections 5 and 6. Nothing is trained beforehand: every account is judged
against all others of the same run, in the order of account ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from sklearn.ensemble import IsolationForest

from ml.metrics import hazen

if TYPE_CHECKING:
    from ml.contract import Floats

LOGS = (
    "in_degree",
    "out_degree",
    "total_input_amount",
    "total_output_amount",
    "two_node_loop_count",
    "triangle_loop_count",
)
PLAIN = ("egonet_density",)
RATIOS = {
    "log_degree_ratio": ("in_degree", "out_degree"),
    "log_amount_ratio": ("total_input_amount", "total_output_amount"),
}
TREES = 300
MAX_SAMPLES = 100_000
CUT_OFF = 1e-10
"""Eigenvalues of the covariance below this share of the largest count as zero."""

_TOLERANCE = 1e-6
_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Outliers:
    """How strange accounts are.

    Attributes:
        distance: Mahalanobis distance, [accounts]; 0 where it is degenerate.
        isolation: -decision_function of the forest, [accounts].
        z: z-scores of the columns that are not constant, [accounts, columns].
        columns: their names.
        rank: rank of the covariance.
        status: `ok`, or `degenerate` where there are too few accounts or no column varies.
    """

    distance: Floats
    isolation: Floats
    z: Floats
    columns: tuple[str, ...]
    rank: int
    status: str


def find(features: pl.DataFrame, seed: int = 42) -> Outliers:
    """Judge accounts by LOGS, PLAIN and RATIOS; a column of nulls counts as constant.

    Args:
        features: one row an account, in the order of account ids, amounts in base units.
        seed: of the forest.
    """
    z, columns = _standardised(features)
    independent = [i for i, name in enumerate(columns) if name not in RATIOS]
    distance, rank, status = mahalanobis(z[:, independent])
    return Outliers(distance, isolation(z, seed), z, columns, rank, status)


def _standardised(features: pl.DataFrame) -> tuple[Floats, tuple[str, ...]]:
    exprs = {name: pl.col(name).log1p() for name in LOGS}
    exprs |= {name: pl.col(name) for name in PLAIN}
    exprs |= {
        name: ((pl.col(above) + 1) / (pl.col(below) + 1)).log()
        for name, (above, below) in RATIOS.items()
    }
    kept: dict[str, Floats] = {}
    needed = [*LOGS, *PLAIN]
    numbers = features.select(pl.col(needed).cast(pl.Float64))
    for name, values in numbers.select(**exprs).to_dict().items():
        column = values.to_numpy()
        # Not by the deviation: rounding of the mean lets that of equal numbers differ from zero.
        if not values.null_count() and column.size > 1 and column.min() < column.max():
            kept[name] = (column - column.mean()) / column.std(ddof=1)
    rows = features.height
    return np.column_stack([np.empty((rows, 0)), *kept.values()]), tuple(kept)


def mahalanobis(z: Floats) -> tuple[Floats, int, str]:
    """Distances from the mean under the pseudo-inverse of the sample covariance, and its rank.

    The distance of a row is sqrt(n - 1) times the length of its left singular vectors' entries:
    the same as by the pseudo-inverse, without squaring the condition number.
    """
    rows = z.shape[0]
    none = np.zeros(rows), 0, "degenerate"
    if not rows or not z.shape[1]:
        return none
    _, first, same = np.unique(z, axis=0, return_index=True, return_inverse=True)
    left, singular, _ = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    rank = int((singular**2 > CUT_OFF * singular[0] ** 2).sum())
    if rank == 0 or rows < rank + 2:
        return np.zeros(rows), rank, "degenerate"
    squared = (rows - 1) * (left[:, :rank] ** 2).sum(axis=1)
    if abs(squared.sum() - rank * (rows - 1)) > _TOLERANCE * rank * (rows - 1):
        raise ArithmeticError("The squared distances do not sum to rank * (rows - 1).")
    # Equal accounts get the same number to the last bit, so that they share their rank.
    distance: Floats = np.sqrt(squared)[first[same]]
    return distance, rank, "ok"


def isolation(z: Floats, seed: int) -> Floats:
    """How easily a forest sets each row apart: -decision_function, [rows]; 0 without columns."""
    rows = z.shape[0]
    if not rows or not z.shape[1]:
        return np.zeros(rows)
    forest = IsolationForest(
        n_estimators=TREES,
        max_samples=min(MAX_SAMPLES, rows),
        contamination="auto",
        random_state=seed,
    )
    value: Floats = -forest.fit(z).decision_function(z)
    return value


def fuse(rule_score: Floats, distance: Floats, isolation: Floats) -> pl.DataFrame:
    """The scores of section 6, one row an account.

    Args:
        rule_score: [H1 or H2 or H3 or H4] + H5 + H6.
        distance: Mahalanobis distances.
        isolation: scores of the forest.
    """
    scores = {
        "rule_score_100": np.round(rule_score * 100 / 3, 2),
        "mahalanobis_distance_stats_score_100": hazen(distance),
        "iforest_stats_score_100": hazen(isolation),
    }
    frame = pl.DataFrame(scores)
    final = pl.sum_horizontal(pl.all()) / len(scores)
    # Sums of the same ranks differ in their last bits by the order of adding; they are ties.
    rank = pl.col("final_score_0_100").round(_DECIMALS).rank("average", descending=True)
    return frame.with_columns(final.alias("final_score_0_100")).with_columns(
        (rank / max(frame.height, 1) * 100).round(2).alias("final_score_top_percent")
    )
