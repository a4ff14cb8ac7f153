"""How new accounts are in each view of them, and the votes of three detectors.

spec/features-and-rules.md section 9.1. Accounts are judged against all others of the same run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

from ml.metrics import hazen
from ml.outliers import isolation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.contract import Floats

STRANGE = 0.95
"""View score above which a view votes."""

EXTREME = 0.99
"""Quantile (linear) of a size above which it votes."""

EPS, MIN_SAMPLES = 0.5, 5
CLUSTERED = 20_000
"""Accounts up to which DBSCAN votes: it compares all with all."""

GLOBAL, INSTANCES = "global", "suspicious_pattern_score"
_SENSIBLE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Novelty:
    """What `find` found.

    Attributes:
        frame: `account`, a column in (0, 1) for each view, GLOBAL and INSTANCES; whether `dbscan`,
            `view` and `size` vote; `votes`, their number.
        columns: features of each view that vary.
        eps: of DBSCAN; None where there are too many accounts for it, and it does not vote.
        noise: share of the accounts that belong to no cluster of it.
    """

    frame: pl.DataFrame
    columns: Mapping[str, tuple[str, ...]]
    eps: float | None
    noise: float | None


def find(
    features: pl.DataFrame,
    views: Mapping[str, Sequence[str]],
    sizes: Sequence[str],
    instances: pl.DataFrame,
    seed: int = 42,
) -> Novelty:
    """Judge accounts.

    Args:
        features: one row an account, in the order of account ids; missing values take the median.
        views: features by the name of the view; those that are not there are left out.
        sizes: features that vote where they are extreme.
        instances: `account` and for each kind of motif in how many instances it is.
        seed: of the forests.
    """
    scores: dict[str, Floats] = {}
    kept: dict[str, tuple[str, ...]] = {}
    whole: dict[str, Floats] = {}
    for view, names in views.items():
        columns = _standardised(features, names)
        kept[view] = tuple(columns)
        whole |= columns
        scores[view] = _view(columns, features.height, seed)
    z = _matrix(whole, features.height)
    scores[GLOBAL] = _view(whole, features.height, seed)
    kept[GLOBAL] = tuple(whole)
    noise, eps = _noise(z)
    votes = {
        "dbscan": noise,
        "view": np.any([score > STRANGE for score in scores.values()], axis=0),
        "size": _extreme(features, sizes),
    }
    frame = features.select("account").with_columns(
        **{name: pl.Series(values) for name, values in scores.items()},
        **{INSTANCES: pl.Series(_instances(features, instances))},
        **{name: pl.Series(values) for name, values in votes.items()},
    )
    counted = frame.with_columns(votes=pl.sum_horizontal(pl.col(*votes).cast(pl.Int64)))
    share = float(noise.mean()) if eps is not None and noise.size else None
    return Novelty(counted, kept, eps, share)


def _standardised(features: pl.DataFrame, names: Sequence[str]) -> dict[str, Floats]:
    """z-scores (ddof 1) of the columns that vary."""
    found: dict[str, Floats] = {}
    for name in (name for name in names if name in features.columns):
        values = features[name].cast(pl.Float64).fill_nan(None)
        if values.null_count() == values.len():
            continue
        column = values.fill_null(values.median()).to_numpy()
        if column.min() < column.max():
            found[name] = (column - column.mean()) / column.std(ddof=1)
    return found


def _matrix(columns: Mapping[str, Floats], rows: int) -> Floats:
    return np.column_stack([np.empty((rows, 0)), *columns.values()])


def _view(columns: Mapping[str, Floats], rows: int, seed: int) -> Floats:
    return hazen(isolation(_matrix(columns, rows), seed)) / 100


def _noise(z: Floats) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], float | None]:
    """Rows in no cluster of DBSCAN, and its eps; nobody where there are too many or few rows.

    eps is 0.5 where that leaves most rows in a cluster, else the knee of the distances to the
    MIN_SAMPLES-th nearest: in the forty columns of all views nearly every row is alone within 0.5.
    """
    rows = z.shape[0]
    if not MIN_SAMPLES < rows <= CLUSTERED or not z.shape[1]:
        return np.zeros(rows, dtype=np.bool_), None
    nearest = NearestNeighbors(n_neighbors=MIN_SAMPLES).fit(z)
    # The nearest of MIN_SAMPLES is the row itself, which DBSCAN counts too.
    reach = np.sort(nearest.kneighbors(z)[0][:, -1])
    eps = EPS if np.mean(reach <= EPS) >= _SENSIBLE else knee(reach)
    label = DBSCAN(eps=max(eps, np.finfo(float).tiny), min_samples=MIN_SAMPLES).fit(z).labels_
    return label == -1, float(eps)


def knee(ascending: Floats) -> float:
    """The value farthest below the line from the first to the last of an ascending curve."""
    first, last = float(ascending[0]), float(ascending[-1])
    line = first + (last - first) * np.arange(ascending.size) / max(ascending.size - 1, 1)
    return float(ascending[int(np.argmax(line - ascending))])


def _extreme(
    features: pl.DataFrame, sizes: Sequence[str]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(features.height, dtype=np.bool_)
    for name in (name for name in sizes if name in features.columns):
        values = features[name].cast(pl.Float64).fill_null(0).to_numpy()
        if values.size:
            found |= values > np.quantile(values, EXTREME)
    return found


def _instances(features: pl.DataFrame, instances: pl.DataFrame) -> Floats:
    """The highest Hazen percentile of an account's number of instances, over the kinds."""
    joined = features.select("account").join(
        instances, on="account", how="left", maintain_order="left"
    )
    columns = [joined[name].fill_null(0).to_numpy() for name in joined.columns[1:]]
    found = np.full(features.height, 0.5)
    if columns:
        found = np.max([hazen(column.astype(np.float64)) / 100 for column in columns], axis=0)
    return found
