"""Scores of every account by a trained run, as a frame; nothing here writes to the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.schema import SCORES
from ml import artifact, metrics
from ml.profiles import MISSING
from ml.subgraph import read

if TYPE_CHECKING:
    from pathlib import Path

    from ml.artifact import Artifact
    from ml.contract import Floats, Integers
    from ml.subgraph import Subgraph

EXPLAINED = 1000
"""So many of the highest scores get reasons."""

BANDS = ("low", "medium", "high", "critical")
VALUE_CUTS = (0.3, 0.6, 0.8)
"""Probabilities from which the band is medium, high and critical."""

PERCENTILE_CUTS = (90.0, 99.0, 99.9)
"""The same for an anomaly detector, whose value has no scale: the highest 10, 1 and 0.1 %."""

ANOMALIES = "anomaly_detection"
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where scores come from, for the ScoreRun; `data_cutoff` is ISO text.

    Attributes:
        alert_threshold: the score from which an account gets an alert; None where the model has
            none, or was trained on another network than it scores.
    """

    run: str
    model: str
    task: str
    export_id: str
    data_cutoff: str | None
    model_sha256: str
    config_hash: str
    network: str | None
    alert_threshold: float | None


def score(run: Path, subgraph: Path) -> pl.DataFrame:
    """Scores in the order of the account ids; infrastructure accounts have none.

    Nor have accounts without transfers, where strangeness is what is scored.

    Args:
        run: folder of a run.
        subgraph: folder of an export that has the features of the run.

    Raises:
        FormatError: the run or the export is damaged.
        StateError: the export lacks a feature of the run.
    """
    return _score(artifact.load(run), read(subgraph))


def provenance(run: Path, subgraph: Path) -> Provenance:
    """What a ScoreRun records of a run and an export."""
    model, data = artifact.load(run), read(subgraph)
    network = data.spec.get("network")
    return Provenance(
        model.run,
        model.name,
        model.task,
        data.export_id,
        data.as_of,
        model.sha256,
        model.config_hash,
        None if network is None else str(network),
        model.alert_threshold if network == model.network else None,
    )


def _score(model: Artifact, data: Subgraph) -> pl.DataFrame:
    inputs = model.inputs(data)
    scored = ~data.nodes["is_infra"].to_numpy()
    if model.task == ANOMALIES:
        # To have done nothing is strange among accounts that do, and no finding.
        scored &= inputs.active()
    rows = np.flatnonzero(scored)
    values = model.calibration.apply(model.fitted.predict(inputs))[rows]
    percentile = metrics.hazen(values)
    probability = model.calibration.method != "none"
    graded, cuts = (values, VALUE_CUTS) if probability else (percentile, PERCENTILE_CUTS)
    top = np.argsort(-values, kind="stable")[:EXPLAINED]
    contribution = model.fitted.attribute(inputs, rows[top])
    reasons: list[list[str]] = [[] for _ in rows]
    for place, text in zip(top, _reasons(model, data, rows, rows[top], contribution), strict=True):
        reasons[place] = text
    return pl.DataFrame(
        {
            "account": data.nodes["account_id"].gather(rows),
            "value": values,
            "percentile": percentile,
            "band": pl.Series(np.array(BANDS)[np.searchsorted(cuts, graded, side="right")]),
            "reasons": reasons,
        },
        schema=SCORES,
    )


def _reasons(
    model: Artifact, data: Subgraph, peers: Integers, rows: Integers, contribution: Floats
) -> list[list[str]]:
    """The features that raise a value most, with the account's own and the peers' median."""
    names = list(model.scaler.names)
    order = np.argsort(-contribution, axis=1, kind="stable")[:, :_REASONS]
    features = [name.removesuffix(MISSING) for name in names]
    raw = data.nodes.select(list(dict.fromkeys(features)))
    medians = dict(zip(raw.columns, raw[peers].median().row(0), strict=True))
    own = raw[rows]
    texts: list[list[str]] = []
    for place in range(rows.size):
        chosen = [i for i in order[place] if contribution[place, i] > 0] or [int(order[place, 0])]
        unique = list(dict.fromkeys(features[i] for i in chosen))
        texts.append([_text(name, own[name][place], medians[name]) for name in unique])
    return texts


def _text(name: str, value: float | None, median: float | None) -> str:
    seconds = name.endswith("_seconds") or "_seconds_" in name
    shown = ["none" if x is None else _span(x) if seconds else f"{x:,.4g}" for x in (value, median)]
    return f"{name} {shown[0]} (median {shown[1]})"


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.3g} s"
