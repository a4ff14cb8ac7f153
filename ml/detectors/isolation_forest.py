"""Isolation Forest over the account features: strange accounts of ledgers without labels.

Settings of spec/features-and-rules.md section 5. Liu, Ting, Zhou: Isolation Forest, ICDM 2008.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from sklearn.ensemble import IsolationForest
from skops.io import dump, get_untrusted_types, load

from core.errors import FormatError
from ml.contract import Fitted, Floats, Inputs, Integers, Model, Progress, Targets, TrainOptions

if TYPE_CHECKING:
    from pathlib import Path

FILE = "forest.skops"
TREES = 300
MAX_SAMPLES = 100_000
_TRUSTED = ("sklearn.tree._tree.Tree",)
"""Types of a forest that skops does not trust by itself: the arrays of one tree."""


class Forest(Fitted):
    """A fitted forest; its value is -decision_function, above 0 where it calls an outlier."""

    def __init__(self, forest: IsolationForest) -> None:
        self.forest = forest

    def predict(self, inputs: Inputs) -> Floats:
        """How strange each account is, [accounts]."""
        value: Floats = -self.forest.decision_function(inputs.features)
        return value

    def attribute(self, inputs: Inputs, rows: Integers) -> Floats:
        """By how much the value falls when one feature is set to its median, [rows, features]."""
        own = inputs.features[rows]
        median = np.median(inputs.features, axis=0)
        value = self.forest.decision_function(own)
        found = np.zeros(own.shape)
        for column in range(own.shape[1]):
            usual = own.copy()
            usual[:, column] = median[column]
            found[:, column] = self.forest.decision_function(usual) - value
        return found

    def save(self, folder: Path) -> str:
        """Write the forest with skops, which holds no code."""
        dump(self.forest, folder / FILE)
        return FILE

    def facts(self) -> dict[str, float]:
        """Size of the forest."""
        return {"trees": float(len(self.forest.estimators_))}


def fit(inputs: Inputs, _: Targets, options: TrainOptions, progress: Progress | None) -> Forest:
    """Grow the forest on the accounts with transfers, in the order of their ids."""
    active = inputs.active()
    accounts = int(active.sum())
    forest = IsolationForest(
        n_estimators=TREES,
        max_samples=min(MAX_SAMPLES, accounts),
        contamination="auto",
        random_state=options.seed,
    )
    forest.fit(inputs.features[active])
    if progress is not None:
        progress(TREES, TREES)
    return Forest(forest)


def restore(folder: Path, features: int, _: TrainOptions) -> Forest:
    """Read the forest back; types other than those of a forest are refused.

    Raises:
        FormatError: the file is truncated, or holds something else.
    """
    path = folder / FILE
    try:
        foreign = set(get_untrusted_types(file=path)) - set(_TRUSTED)
        if foreign:
            raise FormatError("isolation_forest", path, f"it holds {', '.join(sorted(foreign))}")
        forest = load(path, trusted=list(_TRUSTED))
    except (BadZipFile, OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError("isolation_forest", path, "it is no file of a forest") from error
    if not isinstance(forest, IsolationForest) or forest.n_features_in_ != features:
        raise FormatError("isolation_forest", path, "it is not a forest over these features")
    return Forest(forest)


DETECTOR = Model(
    summary="Isolation Forest over the account features: how easily an account is set apart.",
    task="anomaly_detection",
    fit=fit,
    restore=restore,
)
