"""Work inside the database: `jobs`, `run`, `motifs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import UnknownNameError, UsageError
from core.times import parse_duration, parse_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cypher.catalog import Query
    from cypher.graph import Graph
    from gds_jobs.job import JobReport

app = typer.Typer()

AsOf = Annotated[str | None, typer.Option("--as-of", help="Nothing at or after it is read (UTC).")]
Window = Annotated[str | None, typer.Option("--window", help="Only the last span, such as 30d.")]
Network = Annotated[str | None, typer.Option("--network", help="One network; default every one.")]
Asset = Annotated[str | None, typer.Option("--asset", help="Asset whose amounts are used.")]
JobParam = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="[JOB.]K=V", help="A job's parameter.")
]
SHOWN_HITS = 20


@app.command()
def jobs(as_json: AsJson = False) -> None:
    """List the graph jobs."""
    from api.actions import job_defaults, job_summaries, jobs_by_default

    found, default = job_summaries(), set(jobs_by_default())
    result = {
        "jobs": [
            {
                "job": name,
                "summary": summary,
                "by_default": name in default,
                "parameters": dict(job_defaults(name)),
            }
            for name, summary in found.items()
        ]
    }
    rows = [(name, "yes" if name in default else "", text) for name, text in found.items()]
    console.emit(result, as_json, lambda: console.table("", ("job", "--all", "does"), rows))


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="JOB...", help="Jobs.")] = None,
    run_all: Annotated[bool, typer.Option("--all", help="Every job that runs by default.")] = False,
    as_of: AsOf = None,
    window: Window = None,
    network: Network = None,
    asset: Asset = None,
    param: JobParam = None,
    time_limit: Annotated[
        str | None, typer.Option("--time-limit", help="Longest time of one job, such as 10m.")
    ] = None,
    entry: Annotated[
        str | None, typer.Option("--entry", help="An entry of the schedule, now and here.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run graph jobs: flows, features, centralities, scores; each leaves a JobRun in the graph.

    What another process is running at this moment is skipped, and says so.
    """
    from api.actions import run_jobs
    from core.schema import RunState
    from gds_jobs.job import Policy, RunSpec

    if entry is not None:
        if names or run_all or as_of or window or network or asset or param or time_limit:
            raise UsageError("An entry of the schedule says itself what runs: give --entry alone.")
        _run_entry(entry, as_json)
        return
    if bool(names) == run_all:
        raise UsageError("Name the jobs to run, or give --all.", "See 'ledgergraph jobs'.")
    spec = RunSpec(
        network=network,
        asset=asset,
        as_of=parse_instant(as_of) if as_of else None,
        window=parse_duration(window) if window else None,
        parameters=job_parameters(param or [], names or []),
    )
    settings = read_settings()
    with open_graph(settings, "run") as graph, console.progress("Running") as bar:
        reports = run_jobs(
            graph,
            names or None,
            spec,
            archive=settings.archive,
            kept_runs=settings.kept_runs,
            progress=lambda _what, done, total: bar(done, total),
            policy=Policy(limit=parse_duration(time_limit, "time-limit") if time_limit else None),
        )
        replaced = graph.read("lookups/job_run_replaced", runs=[report.run for report in reports])
    emit_reports(reports, as_json)
    parts = replaced.group_by("asset", "since", "until", maintain_order=True).agg("job")
    for of, since, until, jobs in parts.iter_rows():
        part = f"{since or 'the beginning'} to {until or 'the end'}" + (f", {of}" if of else "")
        console.note(f"These values replace those of {part}: {', '.join(jobs)}.")
    if any(report.state == RunState.FAILED for report in reports):
        raise typer.Exit(1)


def _run_entry(name: str, as_json: bool) -> None:
    """Run an entry as the scheduler would: under its lease, as it is on record."""
    from api.commands.schedule import make_scheduler, read_schedule
    from core.schema import RunState
    from gds_jobs.job import JobReport

    entries = read_schedule()
    if name not in (known := [entry.name for entry in entries]):
        raise UnknownNameError("scheduled job", name, known)
    with open_graph(read_settings(), "run") as graph, console.progress("Running"):
        scheduler = make_scheduler(graph, entries, None)
        scheduler.sync()
        event = scheduler.run_now(name)
    state = event.state or RunState.SKIPPED
    whole = JobReport(name, state, 0, 0.0, "", "*", event.error)
    emit_reports(event.reports or [whole], as_json)
    if event.state == "failed":
        raise typer.Exit(1)


def emit_reports(reports: Sequence[JobReport], as_json: bool) -> None:
    """Print what became of jobs."""
    rows = [
        {
            "job": report.job,
            "state": str(report.state),
            "nodes": report.nodes,
            "seconds": round(report.seconds, 3),
            "network": report.network,
            "run": report.run,
            "error": report.error,
        }
        for report in reports
    ]
    shown = [[row[key] for key in ("job", "network", "state", "nodes", "seconds")] for row in rows]
    columns = ("job", "network", "state", "accounts", "seconds")
    console.emit({"runs": rows}, as_json, lambda: console.table("", columns, shown))
    for report in reports:
        if report.error:
            console.note(f"{report.job}: {report.error}")


@app.command()
def motifs(
    name: Annotated[str | None, typer.Argument(help="Motif to match; none lists them.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="K=V", help="A parameter.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most instances.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the motifs, or match one and show who takes part, with the transfers as evidence."""
    from cypher import motifs as catalogue

    if name is None:
        listed = [catalogue.describe(each) for each in catalogue.names()]
        _list_motifs(listed, as_json)
        return
    parameters = _parameters(param or [])
    catalogue.bind(name, parameters, limit)
    with open_graph(read_settings(), f"motif {name}") as graph:
        refresh_flows(graph)
        with console.progress(f"Matching {name}"):
            frame = catalogue.match(graph, name, parameters, limit)
    result = {"motif": name, "count": len(frame), "hits": _plain(frame).to_dicts()}
    console.emit(result, as_json, lambda: _show_hits(name, frame))


def refresh_flows(graph: Graph) -> None:
    """Bring FLOW up to date where transfers came after it was derived."""
    from cypher import flows
    from gds_jobs import run as runner

    if not flows.are_fresh(graph):
        console.note("FLOW is behind the transfers: deriving it anew.")
        runner.run(graph, ["flows"])


def job_parameters(pairs: list[str], named: list[str]) -> dict[str, dict[str, object]]:
    """Parameters by job; a key without a job belongs to the only job named."""
    found: dict[str, dict[str, object]] = {}
    for key, value in _parameters(pairs).items():
        job, dot, name = key.partition(".")
        if not dot:
            if len(named) != 1:
                raise UsageError(f"--param {key} names no job.", f"Write JOB.{key}={value}.")
            job, name = named[0], key
        found.setdefault(job, {})[name] = value
    return found


def _parameters(pairs: list[str]) -> dict[str, object]:
    split = [pair.partition("=") for pair in pairs]
    for key, sign, _ in split:
        if not sign or not key:
            raise UsageError(f"--param {key} is not of the form name=value.")
    return {key: value for key, _, value in split}


def _list_motifs(listed: list[Query], as_json: bool) -> None:
    result = {
        "motifs": [
            {
                "motif": query.name,
                "summary": query.summary,
                "parameters": [
                    {"name": p.name, "type": p.type, "default": p.default} for p in query.parameters
                ],
            }
            for query in listed
        ]
    }
    rows = [(q.name, q.summary, [p.name for p in q.parameters]) for q in listed]
    columns = ("motif", "finds", "parameters")
    console.emit(result, as_json, lambda: console.table("", columns, rows))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    from polars import selectors

    iso = selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return frame.with_columns(iso)


def _show_hits(name: str, frame: pl.DataFrame) -> None:
    columns = [c for c in ("accounts", "volume", "started", "ended") if c in frame.columns]
    head = frame.head(SHOWN_HITS).select(columns)
    console.table(f"{name}: {len(frame):,} found", columns, head.rows())
    if len(frame) > SHOWN_HITS:
        console.note(f"The first {SHOWN_HITS} are shown; --json gives all, with the transfers.")
    if cut := _of_truncated(frame):
        console.note(cut)


def _of_truncated(frame: pl.DataFrame) -> str | None:
    """What a limit left out, in a line; `cut` is told by hit, and null where it was not counted."""
    truncated = frame.filter("truncated") if "truncated" in frame.columns else frame.clear()
    if truncated.is_empty():
        return None
    return (
        f"Limits left something out near {len(truncated):,} of these {len(frame):,}: --json tells "
        "how much (cut), `ledgergraph motifs` names the limits."
    )
