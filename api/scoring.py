"""Scores accounts with a trained model and publishes them: `score` and `scoreAccounts`.

`ml` computes a frame and never writes; `cypher.scores` writes it as a run.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.times import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import polars as pl

    from api.settings import Settings
    from cypher.graph import Graph
    from cypher.scores import PublishedRun
    from ml.score import Provenance


def score_and_publish(
    settings: Settings,
    graph: Graph,
    model: str,
    run: str | None = None,
    *,
    network: str | None = None,
    as_of: datetime | None = None,
    name: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PublishedRun:
    """Export the graph, score every account with a trained run, and publish the scores.

    Args:
        settings: where models are and how many runs stay.
        graph: the database.
        model: a model or detector.
        run: of `train`; the newest by default.
        network: the network the run was trained on by default.
        as_of: nothing at or after it is read.
        name: of the model to publish under. By default that of the model, and with the network
            in it where the model's active run, which would be retired, is of another one.
        progress: called with scores written and scores in total.

    Raises:
        UnknownNameError: there is no such model.
        NotFoundError: it was never trained.
    """
    # Torch and scikit-learn are loaded when a model is used, not when a server starts.
    from cypher.scores import ScoreRunSpec, publish  # noqa: PLC0415
    from ml import artifact, score, subgraph  # noqa: PLC0415

    folder = artifact.find(settings.models, model, run)
    settings.exports.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{model}-", dir=settings.exports) as temporary:
        out = Path(temporary)
        trained = artifact.load(folder)
        spec = subgraph.SnapshotSpec(
            network=network or trained.network,
            as_of=as_of,
            families=trained.families,
            trusted_issuers=settings.issuers,
        )
        subgraph.export(graph, out, spec)
        frame = score.score(folder, out)
        source = score.provenance(folder, out)
    return publish(
        graph,
        ScoreRunSpec(
            model=name or free_name(graph, model, source.network),
            version=source.run,
            network=source.network,
            task=source.task,
            as_of=parse_instant(source.data_cutoff) if source.data_cutoff else None,
            export_id=source.export_id,
            model_sha256=source.model_sha256,
            config_hash=source.config_hash,
            parameters=_parameters(source),
        ),
        frame,
        archive=settings.archive,
        keep=settings.kept_runs,
        progress=progress,
    )


def _parameters(source: Provenance) -> str:
    """What the job `alerts` and a reader want to know of a run, as JSON."""
    told: dict[str, object] = {"training_run": source.run}
    if source.alert_threshold is not None:
        told["alert_threshold"] = source.alert_threshold
    return json.dumps(told)


def free_name(graph: Graph, model: str, network: str | None) -> str:
    """The model's name, unless its active run scores another network."""
    active = graph.read("lookups/model_active_network", model=model)["network"]
    if not len(active) or network is None or active[0] in (None, network):
        return model
    return f"{model}_{re.sub('[^a-z0-9_]', '_', network.lower())}"


def summarise(metrics: pl.DataFrame) -> dict[str, object]:
    """Metrics of a run as JSON: AUC and AP of the validation part first, then every part."""
    from ml.evaluate import tree  # noqa: PLC0415

    parts = tree(metrics)
    own = parts.get("validation", {}).get("model", {})
    shown: dict[str, object] = {
        name: own[name] for name in ("auc", "average_precision") if name in own
    }
    return {**shown, "parts": parts}


def headline(metrics: Mapping[str, object]) -> dict[str, object]:
    """The few figures that fit a line."""
    return {name: round(value, 4) for name, value in metrics.items() if isinstance(value, float)}
