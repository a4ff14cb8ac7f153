"""What must always be reported beside a model: degree, volume, logistic regression, chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ml.contract import Floats, Inputs, Integers, Targets
    from ml.subgraph import Subgraph


def of(subgraph: Subgraph, inputs: Inputs, targets: Targets, seed: int) -> dict[str, Floats]:
    """Scores of every account by baseline; logistic regression learns from the train part."""
    accounts = inputs.features.shape[0]
    degree = _partners(inputs.source, inputs.target, accounts)
    volume = _volume(subgraph, inputs)
    chance = np.random.default_rng(seed).random(size=(accounts,))
    scores = {
        "degree": degree,
        "volume": volume,
        "random": chance,
    }
    rows, y = targets.of("train")
    if 0 < y.sum() < y.size:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow to import

        model = LogisticRegression(max_iter=5000, class_weight="balanced")
        model.fit(inputs.features[rows], y)
        scores["logistic_regression"] = model.predict_proba(inputs.features)[:, 1]
    return scores


def _partners(source: Integers, target: Integers, accounts: int) -> Floats:
    pairs = np.unique(np.stack([source, target]), axis=1)
    return np.bincount(pairs.ravel(), minlength=accounts).astype(np.float64)


def _volume(subgraph: Subgraph, inputs: Inputs) -> Floats:
    """Sum of amounts on both sides of the one asset, else the number of transfers."""
    accounts = inputs.features.shape[0]
    single = subgraph.edges["asset_idx"].n_unique() == 1
    amount = (
        subgraph.edges["amount"].fill_null(0.0).to_numpy()
        if single
        else np.ones(inputs.source.size)
    )
    ends = np.concatenate([inputs.source, inputs.target])
    both = np.concatenate([amount, amount])
    return np.bincount(ends, weights=both, minlength=accounts).astype(np.float64)
