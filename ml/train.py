"""Trains a model or detector on an exported subgraph and keeps it as a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import ParameterError, StateError
from ml import artifact, baselines, calibration, contract, evaluate, metrics, split
from ml.calibration import Calibration
from ml.contract import Targets, TrainOptions
from ml.labels import from_file
from ml.scaler import Scaler
from ml.subgraph import read

if TYPE_CHECKING:
    from pathlib import Path

    from ml.contract import Floats, Integers, Progress
    from ml.subgraph import Subgraph

ALERTED = 0.01
"""Share of the accounts that may get an alert: the alert budget of spec/alerts.md section 3."""

_LEAST = 2


@dataclass(frozen=True, slots=True, eq=False)
class TrainReport:
    """A run: its metrics as in `ml.evaluate.SCHEMA`, its folder, and what a reader must know."""

    run: str
    model: str
    metrics: pl.DataFrame
    artifact: Path
    labelled: int
    unmatched_labels: int
    notes: tuple[str, ...]


def train(
    name: str,
    subgraph: Path,
    home: Path,
    options: TrainOptions | None = None,
    *,
    labels: Path | None = None,
    progress: Progress | None = None,
) -> TrainReport:
    """Train on the subgraph in a folder and write a run below `home`.

    Args:
        name: of a model or detector, see `ml.contract.names`.
        subgraph: folder of an export.
        home: folder of runs.
        options: the defaults where None.
        labels: a CSV `id,label` instead of the labels of the export.
        progress: called with epochs done and epochs at most.

    Raises:
        UnknownNameError: there is no such model.
        StateError: it needs labels of both kinds and there are too few.
    """
    model = contract.get(name)
    chosen = options or TrainOptions()
    _check(chosen)
    data = read(subgraph)
    found, unmatched = data.labels, 0
    if labels is not None:
        matched = from_file(labels, data.nodes)
        found, unmatched = matched.frame, matched.unmatched
    targets = _targets(data, found, chosen)
    if model.supervised:
        _need_both(targets)
    scaler = Scaler.fit(data.nodes, data.features, _teachers(data, targets, model.supervised))
    inputs = artifact.inputs(data, scaler)
    fitted = model.fit(inputs, targets, chosen, progress)
    raw = fitted.predict(inputs)
    curve, threshold = _settle(raw, targets, model.supervised)
    values = curve.apply(raw)
    kept = artifact.save(
        home,
        name,
        fitted,
        scaler=scaler,
        calibration=curve,
        threshold=threshold,
        alert_threshold=_alert_threshold(values, targets, curve),
        options=chosen,
        subgraph=data,
        labels_sha256=_hash(found) if model.supervised else "",
    )
    scores = {"model": values, **baselines.of(data, inputs, targets, chosen.seed)}
    probability = curve.method != "none"
    measured = evaluate.measure(scores, targets, probability=probability, seed=chosen.seed)
    notes = _notes(found, unmatched, inputs.features, targets, scaler)
    facts = {"run": kept.run, "model": name, "options": asdict(chosen), "facts": fitted.facts()}
    evaluate.write(kept.folder, measured, notes, facts)
    return TrainReport(kept.run, name, measured, kept.folder, found.height, unmatched, tuple(notes))


def _check(options: TrainOptions) -> None:
    if options.epochs < 1:
        raise ParameterError("train", "epochs", "must be at least 1")
    if not 0 < options.validation + options.test < 1 or min(options.validation, options.test) < 0:
        raise ParameterError("train", "validation", "and test must leave something to train on")


def _targets(data: Subgraph, found: pl.DataFrame, options: TrainOptions) -> Targets:
    infra = data.nodes.filter(pl.col("is_infra"))["idx"]
    usable = found.filter(~pl.col("idx").is_in(infra.implode()))
    parts = split.labelled(usable, options.seed, options.validation, options.test)
    return Targets(
        usable["idx"].to_numpy().astype(np.int64),
        usable["y"].to_numpy().astype(np.int64),
        parts["part"].to_numpy().astype(np.str_),
    )


def _need_both(targets: Targets) -> None:
    for part in ("train", "validation"):
        _, y = targets.of(part)
        if min(int(y.sum()), int(y.size - y.sum())) < _LEAST:
            raise StateError(
                f"The {part} part has {int(y.sum())} bad and {int(y.size - y.sum())} good "
                f"labelled accounts; at least {_LEAST} of each are needed.",
                "Give --labels a CSV 'id,label', or load label packs with 'ledgergraph tag'.",
            )


def _teachers(data: Subgraph, targets: Targets, supervised: bool) -> Integers:
    """Accounts that scaling may look at: all but infrastructure and, with labels, held-out ones."""
    usable = ~data.nodes["is_infra"].to_numpy()
    if supervised:
        usable = usable.copy()
        usable[targets.row[targets.part != "train"]] = False
    return np.flatnonzero(usable)


def _settle(raw: Floats, targets: Targets, supervised: bool) -> tuple[Calibration, float | None]:
    rows, y = targets.of("validation")
    if evaluate.single_class(targets):
        return Calibration(), None
    curve = calibration.fit(raw[rows], y) if supervised else Calibration()
    return curve, metrics.best_threshold(y, curve.apply(raw[rows]))


def _alert_threshold(values: Floats, targets: Targets, curve: Calibration) -> float | None:
    """The probability that the budget's share of the validation part has."""
    if curve.method == "none":
        return None
    return metrics.budget_threshold(values[targets.of("validation")[0]], ALERTED)


def _hash(found: pl.DataFrame) -> str:
    return sha256(found.select("idx", "y", "known_from").write_csv().encode()).hexdigest()


def _notes(
    found: pl.DataFrame, unmatched: int, features: Floats, targets: Targets, scaler: Scaler
) -> list[str]:
    notes = [evaluate.POSITIVE_UNLABELLED]
    timed = found.height > 0 and found["known_from"].null_count() == 0
    if found.height and not timed:
        notes.append(
            "Labels have no time: the parts are a fixed seeded list, stratified by class, and not "
            "a split by time."
        )
    if unmatched:
        notes.append(f"{unmatched} labels name an account that is not in the subgraph.")
    notes += evaluate.suspects(features, targets, scaler.names)
    return notes
