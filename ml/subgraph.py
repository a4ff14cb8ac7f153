"""A training subgraph on disk: what `export` writes and `read` gives back.

A folder holds `nodes.parquet`, `edges.parquet`, `labels.parquet`, `splits.parquet` and
`manifest.json`. Every value comes from transfers before `as_of`; windows are half-open; accounts
stand in ascending order of their ids and `idx` is their row number. A ledger has one time, so a cut
by time never divides one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from core.errors import (
    FormatError,
    MissingPathError,
    ParameterError,
    UnknownNameError,
    UsageError,
)
from core.times import before, from_epoch_ms, to_epoch_ms
from cypher import features
from ml import extract, labels, manifest, profiles, split
from ml.contract import FAMILIES
from ml.scaler import listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from cypher.graph import Graph
    from ml.contract import Progress

FILES = ("nodes.parquet", "edges.parquet", "labels.parquet", "splits.parquet")


@dataclass(frozen=True, slots=True)
class SnapshotSpec:
    """Which part of the graph, and as of when.

    Attributes:
        network: None where the graph has only one.
        asset: None for all assets; amounts of different assets are never added.
        start, end: half-open; None is open.
        as_of: nothing at or after it is read; None is now.
        families: of features from the database, see `cypher/features`.
        seed: of the list split of labels without a time.
        labels: a CSV `id,label` instead of the tags of the graph.
        trusted_issuers: whose stablecoins are what their code says, see `core.assets`.
    """

    network: str | None = None
    asset: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None
    families: tuple[str, ...] = FAMILIES
    include_self_loops: bool = True
    seed: int = 42
    labels: Path | None = None
    trusted_issuers: tuple[str, ...] = ()

    @classmethod
    def last(cls, window: timedelta, as_of: datetime, network: str | None = None) -> SnapshotSpec:
        """The window that ends at `as_of`."""
        return cls(network=network, start=before(as_of, window), as_of=as_of)

    @property
    def until(self) -> datetime | None:
        """The earlier of `end` and `as_of`."""
        ends = [instant for instant in (self.end, self.as_of) if instant is not None]
        return min(ends) if ends else None

    def check(self) -> None:
        """Refuse a window that is empty, and features that labels have a part in.

        Raises:
            UnknownNameError: there is no such family.
            ParameterError: the start is not before the end, or a family is derived from labels.
        """
        if unknown := [name for name in self.families if name not in features.families()]:
            raise UnknownNameError("feature family", unknown[0], features.families())
        if leaking := [name for name in self.families if features.label_derived(name)]:
            raise ParameterError(
                "export",
                "families",
                f"has '{leaking[0]}', which is derived from the labels that a model learns",
            )
        if self.start is not None and self.until is not None and self.start >= self.until:
            raise ParameterError("export", "start", f"{self.start} is not before {self.until}")

    def facts(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "network": self.network,
            "asset": self.asset,
            "start": _text(self.start),
            "end": _text(self.end),
            "as_of": _text(self.as_of),
            "families": list(self.families),
            "include_self_loops": self.include_self_loops,
            "edge_form": "transfer",
            "trusted_issuers": sorted(self.trusted_issuers),
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written; `sha256` covers the four files and what describes them."""

    folder: Path
    nodes: int
    edges: int
    labels: int
    unmatched_labels: int
    sha256: str
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Subgraph:
    """An export read back.

    Attributes:
        features: names of the feature columns of `nodes`, in order.
        export_id: its hash.
    """

    folder: Path
    nodes: pl.DataFrame
    edges: pl.DataFrame
    labels: pl.DataFrame
    features: list[str]
    export_id: str
    spec: dict[str, object] = field(default_factory=dict)

    @property
    def as_of(self) -> str | None:
        """The data cut-off as ISO text, None where there was none."""
        value = self.spec.get("as_of") or self.spec.get("end")
        return str(value) if value else None


def earlier_export(folder: Path) -> str | None:
    """The hash of the export that a folder holds, which another one would replace.

    Raises:
        UsageError: the folder holds anything else.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", "Name another one.")
    if (folder / manifest.NAME).is_file():
        try:
            return read(folder).export_id
        except FormatError:
            return "damaged"
    if any(folder.iterdir()):
        raise UsageError(
            f"{folder} holds files that are no export.", "Name an empty folder, or a new one."
        )
    return None


def export(
    graph: Graph, out: Path, spec: SnapshotSpec, progress: Progress | None = None
) -> ExportReport:
    """Write the subgraph of a snapshot into a folder.

    Raises:
        ParameterError: the window is empty, or a family is derived from labels.
        NotFoundError: there is no such network.
        StateError: the window holds no transfer.
    """
    started = time.monotonic()
    spec.check()
    spec = replace(spec, network=spec.network or features.only_network(graph))
    accounts = extract.accounts(graph, spec.network)
    transfers = extract.transfers(graph, spec, accounts, progress)
    nodes, edges, vocabulary = extract.number(accounts, transfers, keep_idle=spec.until is None)
    nodes = nodes.hstack(extract.features(graph, spec, nodes, edges))
    edges = edges.with_columns(extract.asset_types(graph, spec, edges, vocabulary.assets))
    found = labels.collect(graph, spec, nodes)
    digest = save(out, spec, (nodes, edges, found.frame), vocabulary, extract.store(graph))
    seconds = time.monotonic() - started
    rows = nodes.height, edges.height, found.frame.height
    return ExportReport(out, *rows, found.unmatched, digest, seconds)


def save(
    out: Path,
    spec: SnapshotSpec,
    frames: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame],
    vocabulary: extract.Vocabulary,
    origin: Mapping[str, str],
) -> str:
    """Write nodes, edges and labels, their split and the manifest; `origin` is not hashed.

    Returns:
        The hash over everything.
    """
    nodes, edges, found = frames
    parts = split.labelled(found, seed=spec.seed)
    out.mkdir(parents=True, exist_ok=True)
    named = dict(zip(FILES, (*frames, parts), strict=True))
    for name, frame in named.items():
        _write(frame, out / name)
    columns = nodes.columns[len(extract.KEYS) :]
    described = {
        "spec": spec.facts(),
        "features": [name for name in columns if not name.endswith(profiles.MISSING)],
        "assets": vocabulary.assets,
        "kinds": vocabulary.kinds,
        "rows": {name: frame.height for name, frame in named.items()},
        "classes": split.counts(found, parts),
        "split": split.ledgers(edges).facts(),
        "label_split": split.METHOD,
        "queries": manifest.queries(spec.families),
    }
    return manifest.write(out, FILES, described, origin)


def read(folder: Path) -> Subgraph:
    """Read an export, after a check of its hashes.

    Raises:
        MissingPathError: there is no such folder.
        FormatError: it is no export, or its files are not those of its manifest.
    """
    if not folder.is_dir():
        raise MissingPathError(folder)
    facts = manifest.check(folder, FILES)
    try:
        nodes, edges, found = (pl.read_parquet(folder / name) for name in FILES[:3])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FormatError("export", folder, str(error).splitlines()[0]) from error
    return Subgraph(
        folder,
        nodes,
        edges,
        found,
        [str(name) for name in listed(facts["features"])],
        str(facts["sha256"]),
        dict(facts["spec"]) if isinstance(facts["spec"], dict) else {},
    )


def _write(frame: pl.DataFrame, path: Path) -> None:
    part = path.with_suffix(".part")
    # A fixed row group size, so that the bytes depend on the rows only.
    frame.rechunk().write_parquet(part, compression="zstd", row_group_size=262_144)
    part.replace(path)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else from_epoch_ms(to_epoch_ms(instant)).isoformat()
