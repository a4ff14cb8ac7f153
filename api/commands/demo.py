"""The whole way on a generated ledger: `demo`."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from api import console, scoring
from api.actions import jobs_by_default, run_jobs
from api.commands.serve import run_server
from api.connection import find_database, open_graph
from api.console import AsJson
from api.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import polars as pl

    from api.settings import Settings
    from cypher.graph import Graph
    from gds_jobs.job import JobReport

app = typer.Typer()

NETWORK = "demo"
ALERTING = ("patterns", "anomaly", "novelty", "alerts", "entities", "alert_clusters")
"""The jobs that a step of their own runs."""
PATIENCE = 20.0
"""Seconds after which a motif is given up, so that the demo stays short on any machine."""
MODEL = "graphsage"
_QUERY = (
    '{ accounts(orderBy: {score: "graphsage"}, first: 5) '
    "{ edges { node { id scores { value percentile band reasons } } } } }"
)

Facts = dict[str, Any]


@app.command()
def demo(
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="End serving GraphQL, or just end.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Seed of the ledger and of the training.")] = 42,
    as_json: AsJson = False,
) -> None:
    """Generate a ledger, load it, analyse, train, score, publish, and serve the result."""
    settings = read_settings()
    folder = settings.home / "demo"
    with open_graph(settings, "demo") as graph:
        tour = _Tour(graph, settings, folder, seed)
        tour.step("generate", tour.generate)
        tour.step("load", tour.load)
        tour.step("jobs", tour.jobs)
        tour.step("alerts", tour.alerts)
        tour.step("train", tour.train)
        tour.step("score", tour.score)
        riskiest = tour.riskiest()
        first = graph.read("lookups/api_alert_page", network=NETWORK, limit=5)["id"]
        alerts = graph.read("lookups/api_alerts", ids=first)
    result = {"steps": tour.steps, "riskiest": riskiest.to_dicts(), "alerts": alerts.to_dicts()}
    console.emit(result, as_json, lambda: _show(riskiest, alerts))
    if serve:
        _serve(settings)
    elif any(step.get("failed") for step in tour.steps):
        raise typer.Exit(1)


@dataclass(slots=True)
class _Tour:
    """The steps of the demo; each returns the facts worth showing."""

    graph: Graph
    settings: Settings
    folder: Path
    seed: int
    steps: list[Facts] = field(default_factory=list)

    def step(self, name: str, work: Callable[[], Facts]) -> None:
        """Run one step, say what came of it and keep it for the summary."""
        started = time.perf_counter()
        with console.progress(name):
            facts = work()
        seconds = round(time.perf_counter() - started, 1)
        self.steps.append({"step": name, "seconds": seconds, **facts})
        notes = facts.get("notes", {})
        told = [key for key in facts if key != "notes"]
        said = ", ".join(f"{key.replace('_', ' ')} {_text(facts[key])}" for key in told)
        mark = "[red]✗[/]" if facts.get("failed") else "[green]✓[/]"
        console.note(f"{mark} {name:<9}{seconds:>6.1f} s   {said}")
        for job, text in notes.items():
            console.note(f"  {job}: {escape(text)}")

    def generate(self) -> Facts:
        from loader.synthesis.synthetic import Recipe, generate

        made = generate(self.folder, Recipe(network=NETWORK, seed=self.seed))
        return {"transfers": made.transfers, "accounts": made.accounts, "planted": made.patterns}

    def load(self) -> Facts:
        import loader

        options = loader.LoadOptions(
            mapping=self.folder / "mapping.yaml", dead_letter_dir=self.settings.dead_letters
        )
        report = loader.load(self.graph, "csv", [self.folder / "transfers.csv"], options)
        keys = ("read", "loaded", "duplicate", "rejected")
        return {key: getattr(report, key) for key in keys}

    def jobs(self) -> Facts:
        names = [name for name in jobs_by_default() if name not in ALERTING]
        reports = self._run(names)
        return {**Counter(str(report.state) for report in reports), **trouble(reports)}

    def alerts(self) -> Facts:
        reports = self._run(ALERTING)
        found = {report.job.replace("alert_", ""): report.nodes for report in reports}
        return {**found, **trouble(reports)}

    def _run(self, names: Sequence[str]) -> list[JobReport]:
        from gds_jobs.job import RunSpec

        spec = RunSpec(network=NETWORK, parameters={"patterns": {"motif_seconds": PATIENCE}})
        archive, kept = self.settings.archive, self.settings.kept_runs
        return run_jobs(self.graph, names, spec, archive=archive, kept_runs=kept)

    def train(self) -> Facts:
        from ml.contract import TrainOptions
        from ml.subgraph import SnapshotSpec, export
        from ml.train import train

        subgraph = self.folder / "subgraph"
        labels = self.folder / "labels.csv"
        spec = SnapshotSpec(network=NETWORK, labels=labels, seed=self.seed)
        export(self.graph, subgraph, spec)
        options = TrainOptions(seed=self.seed)
        report = train(MODEL, subgraph, self.settings.models, options)
        return {"run": report.run, **scoring.headline(scoring.summarise(report.metrics))}

    def score(self) -> Facts:
        published = scoring.score_and_publish(
            self.settings, self.graph, MODEL, None, network=NETWORK
        )
        return {"run": published.run, "accounts": published.accounts, "state": published.state}

    def riskiest(self) -> pl.DataFrame:
        """The ten highest scores, beside the pattern that was planted on the account, if any."""
        found = self.graph.read("lookups/top_accounts", model=MODEL, limit=10)
        planted = json.loads((self.folder / "planted.json").read_text(encoding="utf-8"))
        import polars as pl

        truth = pl.DataFrame(
            [(account, entry["type"]) for entry in planted for account in entry["accounts"]],
            schema={"account": pl.String, "planted": pl.String},
            orient="row",
        ).unique("account", keep="first", maintain_order=True)
        return found.join(truth, on="account", how="left", maintain_order="left")


def trouble(reports: Sequence[JobReport]) -> Facts:
    """Which jobs failed, and what each says of what it could not do; nothing where all is well."""
    from core.schema import RunState

    failed = [report.job for report in reports if report.state == RunState.FAILED]
    notes = {report.job: report.error for report in reports if report.error}
    return {key: told for key, told in (("failed", failed), ("notes", notes)) if told}


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _show(riskiest: pl.DataFrame, alerts: pl.DataFrame) -> None:
    rows = riskiest.select("account", "value", "percentile", "planted", "reasons").rows()
    columns = ("account", "score", "percentile", "planted", "why")
    console.table("\nThe ten riskiest accounts", columns, rows)
    told = ("id", "severity", "account", "description")
    console.table("\nThe first five alerts", told, alerts.select(told).rows())


def _serve(settings: Settings) -> None:
    open_read = settings.model_copy(update={"open_read": True})
    console.note("\nA query to paste into GraphiQL:\n")
    console.out.print(_QUERY, markup=False)
    console.note("")
    run_server(open_read, find_database(settings))
