"""Metrics of a model and its baselines on each part, and of several runs side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import FormatError, NotFoundError
from ml import artifact, metrics
from ml.split import PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ml.contract import Floats, Integers, Targets

SCHEMA = pl.Schema(
    {
        "part": pl.String(),
        "scorer": pl.String(),
        "metric": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "reason": pl.String(),
    }
)
"""Metrics: `scorer` is `model` or a baseline, `low` and `high` bound the 95 % bootstrap interval
over accounts, `reason` says why `value` is null."""

POSITIVE_UNLABELLED = (
    "Accounts without a label are not known to be good: precision is a lower bound, and the "
    "labelled accounts are not a random sample of the ledger."
)
_BUDGETS = (10, 50, 100)
_SUSPECT = 0.95
_SINGLE = "the part holds a single class"


def measure(
    scores: Mapping[str, Floats], targets: Targets, *, probability: bool, seed: int
) -> pl.DataFrame:
    """Metrics of every scorer on every part that has labels.

    Args:
        scores: per scorer one value per account; `model` among them.
        targets: the labelled accounts.
        probability: whether the model's values are probabilities.
        seed: of the bootstrap.
    """
    rows: list[tuple[object, ...]] = []
    _, validation_y = targets.of("validation")
    validation = targets.of("validation")[0]
    for scorer, values in scores.items():
        threshold = None
        if 0 < validation_y.sum() < validation_y.size:
            threshold = metrics.best_threshold(validation_y, values[validation])
        for part in PARTS:
            chosen, y = targets.of(part)
            for name, value, low, high, reason in _part(
                y,
                values[chosen],
                threshold,
                probability=probability and scorer == "model",
                interval_seed=seed if scorer == "model" and part != "train" else None,
            ):
                rows.append((part, scorer, name, value, low, high, reason))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _part(
    y: Integers,
    score: Floats,
    threshold: float | None,
    *,
    probability: bool,
    interval_seed: int | None,
) -> list[tuple[str, float | None, float | None, float | None, str | None]]:
    if not 0 < y.sum() < y.size:
        reason = _SINGLE if y.size else "the part is empty"
        return [(name, None, None, None, reason) for name in ("auc", "average_precision", "f1")]
    rows: list[tuple[str, float | None, float | None, float | None, str | None]] = []
    for name, metric in (("auc", metrics.auc), ("average_precision", metrics.average_precision)):
        low, high = (
            metrics.interval(metric, y, score, interval_seed)
            if interval_seed is not None
            else (None, None)
        )
        rows.append((name, metric(y, score), low, high, None))
    if threshold is None:
        rows.append(("f1", None, None, None, "the validation part holds a single class"))
    else:
        found = metrics.at_threshold(y, score, threshold)
        names = ("precision", "recall", "f1")
        rows += [(name, value, None, None, None) for name, value in zip(names, found, strict=True)]
    rows += [
        (f"precision_at_{k}", metrics.precision_at(y, score, k), None, None, None)
        for k in _BUDGETS
        if k <= y.size
    ]
    if probability:
        rows.append(("brier", metrics.brier(y, score), None, None, None))
        rows.append(("ece", metrics.calibration_error(y, score), None, None, None))
    return rows


def write(
    folder: Path, found: pl.DataFrame, notes: Sequence[str], facts: Mapping[str, object]
) -> None:
    """Keep the metrics of a run beside its weights."""
    content = {**facts, "notes": list(notes), "metrics": found.to_dicts()}
    path = folder / artifact.METRICS
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def evaluate(home: Path, runs: Sequence[str]) -> pl.DataFrame:
    """Metrics of runs side by side: one row per run, model, part, scorer and metric.

    Raises:
        NotFoundError: there is no such run.
        FormatError: a run has no metrics.
    """
    frames = []
    known = artifact.runs(home)
    for run in runs:
        if run not in known:
            remedy = f"Known: {', '.join(known) or 'none; train a model first'}."
            raise NotFoundError("run", run, remedy)
        folder = home / run
        path = folder / artifact.METRICS
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            frame = pl.DataFrame(content["metrics"], schema=SCHEMA, orient="row")
            model = str(content["model"])
        except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
            raise FormatError("run", folder, f"{artifact.METRICS} cannot be read") from error
        named = [pl.lit(folder.name).alias("run"), pl.lit(model).alias("model"), pl.all()]
        frames.append(frame.select(named))
    return (
        pl.concat(frames)
        if frames
        else pl.DataFrame(schema={"run": pl.String, "model": pl.String, **SCHEMA})
    )


def tree(found: pl.DataFrame) -> dict[str, dict[str, dict[str, float | None]]]:
    """Values by part, scorer and metric, as they are shown in JSON."""
    shown: dict[str, dict[str, dict[str, float | None]]] = {}
    for part, scorer, metric, value in found.select(SCHEMA.names()[:4]).iter_rows():
        shown.setdefault(part, {}).setdefault(scorer, {})[metric] = value
    return shown


def single_class(targets: Targets) -> bool:
    """Whether the train or validation part cannot teach a difference."""
    parts = (targets.of(part)[1] for part in ("train", "validation"))
    return any(not 0 < int(y.sum()) < y.size for y in parts)


def suspects(features: Floats, targets: Targets, names: Sequence[str]) -> list[str]:
    """Signs of a leak: features that all but equal the label of the train part."""
    rows, y = targets.of("train")
    if not 0 < y.sum() < y.size:
        return []
    values = features[rows]
    spread = values.std(axis=0)
    centred = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlation = np.abs(centred.T @ ((y - y.mean()) / y.std())) / y.size
    return [
        f"suspect: {names[i]} correlates {correlation[i]:.2f} with the label."
        for i in np.flatnonzero(correlation > _SUSPECT).tolist()
    ]
