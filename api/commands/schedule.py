"""The scheduler: `schedule`."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cypher.graph import Graph
    from gds_jobs.entries import Entry
    from gds_jobs.schedule import Event, Scheduler

app = typer.Typer()

File = Annotated[Path | None, typer.Option("--file", help="Schedule, in place of the setting's.")]


@app.command()
def schedule(
    file: File = None,
    once: Annotated[bool, typer.Option("--once", help="Run what is due, then end.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the entries and end.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Entries at work at once.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run jobs and pipelines when they are due, until interrupted.

    With --json the running scheduler prints one object a line for everything that happens.
    """
    if once and list_:
        raise UsageError("Give --once or --list, not both.")
    entries = read_schedule(file)
    with open_graph(read_settings(), "schedule") as graph:
        if list_:
            _list(graph, entries, as_json)
        elif once:
            scheduler = make_scheduler(graph, entries, None if as_json else _show)
            scheduler.sync()
            events = [describe(event) for event in scheduler.once()]
            console.emit({"events": events}, as_json, lambda: _nothing_due(events))
            if any(event["state"] == "failed" for event in events):
                raise typer.Exit(1)
        else:
            tell = _print_line if as_json else _show
            _run(make_scheduler(graph, entries, tell, workers), len(entries))


DEFAULT = Path(__file__).parents[1] / "schedule.yaml"


def read_schedule(file: Path | None = None) -> list[Entry]:
    """The schedule of an option, of the settings, or the default one."""
    from api.actions import own_jobs
    from gds_jobs.entries import read_entries

    return read_entries(file or read_settings().schedule or DEFAULT, own_jobs())


def make_scheduler(
    graph: Graph, entries: list[Entry], tell: Callable[[Event], None] | None, workers: int = 1
) -> Scheduler:
    """A scheduler of these entries that tells what happens."""
    from api.actions import own_jobs
    from gds_jobs.schedule import Scheduler, Settings

    kept = read_settings()
    more = own_jobs(kept.archive, kept.kept_runs)
    return Scheduler(graph, entries, Settings(workers=workers, more=more, tell=tell or _silent))


def describe(event: Event) -> dict[str, object]:
    """An event as it is printed."""
    return {
        "event": event.what,
        "entry": event.entry,
        "due": None if event.due is None else event.due.isoformat(),
        "state": None if event.state is None else str(event.state),
        "error": event.error,
        "runs": [
            {"job": r.job, "network": r.network, "state": str(r.state), "nodes": r.nodes,
             "seconds": r.seconds, "run": r.run, "error": r.error}
            for r in event.reports
        ],
    }  # fmt: skip


def _run(scheduler: Scheduler, entries: int) -> None:
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        scheduler.sync()
        console.note(f"The scheduler looks after {entries} entries; interrupt it to stop.")
        scheduler.forever(stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _list(graph: Graph, entries: list[Entry], as_json: bool) -> None:
    frame = graph.read("lookups/api_schedule")
    known = {row["name"]: row for row in frame.iter_rows(named=True)}
    rows = []
    for entry in entries:
        kept = known.get(entry.name, {})
        rows.append(
            {
                "entry": entry.name,
                "when": entry.clock.text,
                "jobs": list(entry.jobs),
                "enabled": kept.get("enabled", entry.enabled),
                "next": kept.get("next"),
                "running_since": kept.get("due"),
                "last": kept.get("last"),
                "last_state": kept.get("last_state"),
                "last_error": kept.get("last_error"),
            }
        )
    columns = ("entry", "when", "enabled", "next", "last", "last_state")
    shown = [[row[column] for column in columns] for row in rows]
    console.emit({"entries": rows}, as_json, lambda: console.table("", columns, shown))
    for row in rows:
        if row["last_error"] and not as_json:
            console.note(f"{row['entry']}: {row['last_error']}")
    if not as_json and not known:
        console.note("The graph knows none of them yet: start 'ledgergraph schedule'.")


def _show(event: Event) -> None:
    due = "" if event.due is None else f" for {event.due:%Y-%m-%d %H:%M:%S}"
    state = "" if event.state is None else f" {event.state}"
    console.note(f"{event.entry}: {event.what}{due}{state}")
    for report in event.reports:
        why = f": {report.error}" if report.error and report.state == "skipped" else ""
        console.note(
            f"  {report.job} on {report.network}: {report.state}, {report.nodes:,} nodes{why}"
        )
    if event.error:
        console.note(f"  {event.error}")


def _print_line(event: Event) -> None:
    console.emit(describe(event), as_json=True, show=lambda: None)
    sys.stdout.flush()


def _nothing_due(events: list[dict[str, object]]) -> None:
    if not events:
        console.note("Nothing is due.")


def _silent(_event: Event) -> None:
    """Take no notice."""
