"""Models: `export`, `train`, `evaluate`, `score`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from api import console, scoring
from api.commands.jobs import AsOf, Window
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import MissingPathError, UnreadableError, UsageError
from core.times import parse_duration, parse_instant

if TYPE_CHECKING:
    import polars as pl

    from ml.subgraph import SnapshotSpec
    from ml.train import TrainReport

app = typer.Typer()

Network = Annotated[
    str | None, typer.Option("--network", help="One network; default the only one there is.")
]

Family = Annotated[
    list[str] | None,
    typer.Option(
        "--family", help="A family of features, see `jobs`; repeatable; default activity."
    ),
]


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    as_of: AsOf = None,
    window: Window = None,
    network: Network = None,
    labels: Annotated[Path | None, typer.Option(help="CSV with the columns id,label.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 42,
    family: Family = None,
    as_json: AsJson = False,
) -> None:
    """Write a training subgraph: Parquet files and manifest.json."""
    from ml import subgraph

    _readable(labels)
    replaced = subgraph.earlier_export(folder)
    spec = _snapshot(as_of, window, network, labels, seed, family)
    with open_graph(read_settings(), "export") as graph, console.progress("Exporting") as bar:
        report = subgraph.export(graph, folder, spec, bar)
    result = {
        "folder": str(report.folder),
        "nodes": report.nodes,
        "edges": report.edges,
        "labels": report.labels,
        "unmatched_labels": report.unmatched_labels,
        "sha256": report.sha256,
        "seconds": round(report.seconds, 3),
    }
    console.emit(result, as_json, lambda: console.facts(result))
    if replaced is not None and replaced != report.sha256:
        console.note(f"The export {replaced[:12]} that was in {folder} is replaced.")


@app.command()
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model or detector.")],
    subgraph: Annotated[
        Path | None, typer.Option(help="Folder of an export; default exports now.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(help="CSV with the columns id,label.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of split, weights and sampling.")] = 42,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs.")] = None,
    network: Network = None,
    as_of: AsOf = None,
    family: Family = None,
    as_json: AsJson = False,
) -> None:
    """Train a model, keep it under a run id, and report its metrics beside simple baselines."""
    from ml import contract
    from ml import subgraph as exporter
    from ml import train as training

    contract.get(model)
    _readable(labels)
    if subgraph is not None and family:
        raise UsageError("--family is of an export that is made now; --subgraph names one.")
    settings = read_settings()
    options = contract.TrainOptions(seed=seed)
    if epochs is not None:
        options = replace(options, epochs=epochs)
    with TemporaryDirectory(prefix="ledgergraph-") as temporary:
        folder = subgraph or Path(temporary)
        if subgraph is None:
            spec = _snapshot(as_of, None, network, labels, seed, family)
            with open_graph(settings, "train") as graph, console.progress("Exporting") as bar:
                exporter.export(graph, folder, spec, bar)
        with console.progress(f"Training {model}") as bar:
            report = training.train(
                model, folder, settings.models, options, labels=labels, progress=bar
            )
    result = {
        "run": report.run,
        "metrics": scoring.summarise(report.metrics),
        "artifact": str(report.artifact),
        "labelled": report.labelled,
        "unmatched_labels": report.unmatched_labels,
        "notes": list(report.notes),
    }
    console.emit(result, as_json, lambda: _show_training(report))


@app.command()
def evaluate(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs of train.")],
    as_json: AsJson = False,
) -> None:
    """Show the metrics of trained runs side by side."""
    from ml import evaluate as evaluation

    frame = evaluation.evaluate(read_settings().models, runs)
    found = [
        {"run": run, "metrics": scoring.summarise(part)}
        for (run,), part in frame.group_by("run", maintain_order=True)
    ]
    console.emit({"runs": found}, as_json, lambda: _show_metrics(frame))


@app.command()
def score(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A trained model.")],
    run: Annotated[str | None, typer.Option(help="Run of train; default the newest.")] = None,
    network: Annotated[
        str | None, typer.Option("--network", help="Default the network it was trained on.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Model name to publish under; default MODEL, or MODEL_NETWORK where MODEL's "
            "active run is of another network."
        ),
    ] = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Score every account with a trained model and publish the run onto the nodes."""
    from ml import artifact

    settings = read_settings()
    instant = parse_instant(as_of) if as_of else None
    trained_on = artifact.network_of(artifact.find(settings.models, model, run))
    with open_graph(settings, f"score {model}") as graph, console.progress("Scoring") as bar:
        published = scoring.score_and_publish(
            settings, graph, model, run, network=network, as_of=instant, name=name, progress=bar
        )
    result = {
        "run": published.run,
        "model": published.run.rsplit("-", 2)[0],
        "accounts": published.accounts,
        "state": published.state,
        "sha256": published.sha256,
        "previous": published.previous,
    }
    console.emit(result, as_json, lambda: console.facts(result))
    if network is not None and trained_on is not None and network != trained_on:
        console.note(
            f"Note: the model was trained on {trained_on}; its scores of {network} have not been "
            "measured."
        )
    if name is None and result["model"] != model:
        console.note(
            f"Published as {result['model']}, because the active run of {model} is of another "
            "network and stays."
        )


def _snapshot(
    as_of: str | None,
    window: str | None,
    network: str | None,
    labels: Path | None,
    seed: int,
    families: list[str] | None,
) -> SnapshotSpec:
    from ml.contract import FAMILIES
    from ml.subgraph import SnapshotSpec

    end = parse_instant(as_of) if as_of else None
    span = parse_duration(window) if window else None
    if span is not None and end is None:
        raise UsageError("--window needs --as-of, the end of the window.")
    start = end - span if end is not None and span is not None else None
    return SnapshotSpec(
        network=network,
        start=start,
        end=end,
        as_of=end,
        labels=labels,
        seed=seed,
        families=tuple(dict.fromkeys(families or FAMILIES)),
        trusted_issuers=read_settings().issuers,
    )


def _readable(labels: Path | None) -> None:
    if labels is None:
        return
    if not labels.exists():
        raise MissingPathError(labels)
    if not labels.is_file():
        raise UnreadableError(labels, "it is not a file")


def _show_training(report: TrainReport) -> None:
    import polars as pl

    console.facts({"run": report.run, "kept in": report.artifact, "labelled": report.labelled})
    named = pl.lit(report.run).alias("run"), pl.lit(report.model).alias("model"), pl.all()
    _show_metrics(report.metrics.select(*named))
    for note in report.notes:
        console.note(f"Note: {note}")


def _show_metrics(frame: pl.DataFrame) -> None:
    """AUC, average precision and F1 of every scorer on the parts that were not trained on."""
    import polars as pl

    short = {"auc": "AUC", "average_precision": "AP", "f1": "F1"}
    chosen = frame.filter(pl.col("metric").is_in(list(short)), pl.col("part") != "train")
    named = chosen.with_columns(
        pl.format("{} {}", pl.col("part"), pl.col("metric").replace_strict(short)).alias("column")
    )
    if frame["run"].n_unique() > 1:
        # One line a part: as many columns as fit a terminal of eighty.
        rows = chosen.with_columns(pl.col("metric").replace_strict(short))
        long = rows.pivot("metric", index=["run", "scorer", "part"], values="value",
                          maintain_order=True)  # fmt: skip
        console.table("", long.columns, long.rows())
        return
    index = ["scorer"]
    wide = named.pivot("column", index=index, values="value", maintain_order=True)
    console.table("", wide.columns, wide.rows())
