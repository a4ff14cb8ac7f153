"""A trained model on disk: weights without pickle, and JSON for everything else.

A run is a folder `<model>-<hash>` with `artifact.json`, the weights and `metrics.json`. The hash is
that of what was learned and from what, so training again alike gives the same run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from core.errors import FormatError, MissingPathError, NotFoundError
from ml import contract, manifest
from ml.calibration import Calibration
from ml.contract import FAMILIES, TrainOptions
from ml.scaler import Scaler, listed

if TYPE_CHECKING:
    from pathlib import Path

    from ml.contract import Fitted, Inputs
    from ml.subgraph import Subgraph

NAME = "artifact.json"
METRICS = "metrics.json"
FORMAT = "ledgergraph-model-1"


@dataclass(frozen=True, slots=True, eq=False)
class Artifact:
    """A model with all that its use needs.

    Attributes:
        threshold: of the value, from which an account is flagged; None without labels.
        alert_threshold: of the probability, from which it gets an alert; None without one.
        export_id, data_cutoff, network, families: of the subgraph it was trained on.
        sha256: of the weights file.
    """

    folder: Path
    name: str
    task: str
    fitted: Fitted
    scaler: Scaler
    calibration: Calibration
    threshold: float | None
    options: TrainOptions
    export_id: str
    data_cutoff: str | None
    sha256: str
    config_hash: str
    trained: str
    network: str | None
    alert_threshold: float | None
    families: tuple[str, ...]

    @property
    def run(self) -> str:
        """Name of the run."""
        return self.folder.name

    def inputs(self, subgraph: Subgraph) -> Inputs:
        """What the model sees of a subgraph."""
        return inputs(subgraph, self.scaler)


def network_of(folder: Path) -> str | None:
    """The network that a run was trained on."""
    return load(folder).network


def inputs(subgraph: Subgraph, scaler: Scaler) -> Inputs:
    """Scaled features and the ends of the transfers."""
    return contract.Inputs(
        scaler.apply(subgraph.nodes),
        subgraph.edges["src"].to_numpy().astype(np.int64),
        subgraph.edges["dst"].to_numpy().astype(np.int64),
    )


def save(
    home: Path,
    name: str,
    fitted: Fitted,
    *,
    scaler: Scaler,
    calibration: Calibration,
    threshold: float | None,
    alert_threshold: float | None,
    options: TrainOptions,
    subgraph: Subgraph,
    labels_sha256: str,
) -> Artifact:
    """Write a run below `home`; it appears whole or not at all."""
    config = {
        "model": name,
        "options": asdict(options),
        "export_id": subgraph.export_id,
        "labels_sha256": labels_sha256,
    }
    part = home / f".{name}-{datetime.now(UTC):%H%M%S%f}.part"
    part.mkdir(parents=True)
    file = fitted.save(part)
    weights = manifest.digest_of(part / file)
    facts = {
        "format": FORMAT,
        "model": name,
        "task": contract.get(name).task,
        "weights": file,
        "weights_sha256": weights,
        "scaler": scaler.facts(),
        "calibration": calibration.facts(),
        "threshold": threshold,
        "alert_threshold": alert_threshold,
        "options": asdict(options),
        "export_id": subgraph.export_id,
        "data_cutoff": subgraph.as_of,
        "network": subgraph.spec.get("network"),
        "families": subgraph.spec.get("families", list(FAMILIES)),
        "labels_sha256": labels_sha256,
        "config_hash": sha256(manifest.canonical(config)).hexdigest(),
        "facts": fitted.facts(),
    }
    run = f"{name}-{sha256(manifest.canonical(facts)).hexdigest()[:12]}"
    trained = datetime.now(UTC).isoformat(timespec="milliseconds")
    whole = {**facts, "trained": trained, "versions": manifest.versions()}
    (part / NAME).write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    folder = home / run
    if folder.exists():  # the same training again
        for old in folder.iterdir():
            old.unlink()
        folder.rmdir()
    part.rename(folder)
    return load(folder)


def load(folder: Path) -> Artifact:
    """Read a run back.

    Raises:
        MissingPathError: there is no such folder.
        FormatError: it is no run, or its weights are truncated or foreign.
    """
    if not folder.is_dir():
        raise MissingPathError(folder)
    where = str(folder / NAME)
    facts = _facts(folder)
    scaler = Scaler.restore(_part(facts, "scaler", where), where)
    calibration = Calibration.restore(_part(facts, "calibration", where), where)
    options = _options(_part(facts, "options", where), where)
    try:
        name, weights = str(facts["model"]), folder / str(facts["weights"])
        threshold, alerting = (
            None if value is None else float(str(value))
            for value in (facts["threshold"], facts.get("alert_threshold"))
        )
        expected = str(facts["weights_sha256"])
        texts = [str(facts[key]) for key in ("task", "export_id", "config_hash", "trained")]
        cutoff = None if facts["data_cutoff"] is None else str(facts["data_cutoff"])
        families = tuple(map(str, listed(facts.get("families", [*FAMILIES]))))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError("model", where, "a field is missing or malformed") from error
    if weights.parent != folder or not weights.is_file():
        raise FormatError("model", folder, f"{weights.name} is missing")
    if manifest.digest_of(weights) != expected:
        reason = f"its SHA-256 is not the one in {NAME}: it is truncated or of another run"
        raise FormatError("model", weights, reason)
    fitted = contract.get(name).restore(folder, len(scaler.names), options)
    task, export_id, config_hash, trained = texts
    return Artifact(
        folder,
        name,
        task,
        fitted,
        scaler,
        calibration,
        threshold,
        options,
        export_id,
        cutoff,
        expected,
        config_hash,
        trained,
        None if facts.get("network") is None else str(facts["network"]),
        alerting,
        families,
    )


def runs(home: Path, name: str | None = None) -> list[str]:
    """Runs below `home`, of one model or of all, the newest first."""
    found = []
    for path in home.glob(f"*/{NAME}") if home.is_dir() else ():
        facts = _facts(path.parent)
        if name is None or facts.get("model") == name:
            found.append((str(facts.get("trained")), path.parent.name))
    return [run for _, run in sorted(found, reverse=True)]


def find(home: Path, name: str, run: str | None = None) -> Path:
    """The folder of a run, by default of the newest of a model.

    Raises:
        UnknownNameError: there is no such model.
        NotFoundError: it has no such run.
    """
    contract.get(name)
    known = runs(home, name)
    if run is None and known:
        return home / known[0]
    if run in known:
        return home / str(run)
    remedy = f"Runs: {', '.join(known)}." if known else f"Train it: ledgergraph train {name}"
    raise NotFoundError(f"run of {name}", run or "latest", remedy)


def _facts(folder: Path) -> dict[str, object]:
    path = folder / NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FormatError("model", folder, f"it has no {NAME}") from error
    except (OSError, ValueError) as error:
        raise FormatError("model", path, "it is not JSON") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise FormatError("model", path, f"its format is not {FORMAT}")
    return facts


def _part(facts: dict[str, object], key: str, where: str) -> dict[str, object]:
    part = facts.get(key)
    if not isinstance(part, dict):
        raise FormatError("model", where, f"'{key}' is missing")
    return part


def _options(facts: dict[str, object], where: str) -> TrainOptions:
    known = {entry.name for entry in fields(TrainOptions)}
    if set(facts) != known:
        raise FormatError("model", where, "its options are those of another version")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
    return TrainOptions(**values)  # type: ignore[arg-type]  # written by asdict
