"""A validated window of the graph: `snapshot`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from api import console
from api.commands.jobs import AsOf, Network, Window
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.times import parse_duration, parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gds_jobs.snapshot import Snapshot

app = typer.Typer()


@app.command()
def snapshot(
    window: Window = None,
    as_of: AsOf = None,
    network: Network = None,
    as_json: AsJson = False,
) -> None:
    """Count a window of the graph and report what is odd about it; 1 where it holds an error."""
    from gds_jobs.job import RunSpec
    from gds_jobs.snapshot import take

    spec = RunSpec(
        network=network,
        as_of=parse_instant(as_of) if as_of else None,
        window=parse_duration(window) if window else None,
    )
    with open_graph(read_settings(), "snapshot") as graph, console.progress("Counting"):
        taken = take(graph, spec)
    plain = {
        name: value if isinstance(value, int | float | str | None) else _text(value)
        for name, value in asdict(taken).items()
        if name != "findings"
    }
    result = {**plain, "findings": [asdict(finding) for finding in taken.findings]}
    console.emit(result, as_json, lambda: _show(taken, plain))
    if any(finding.severity == "error" for finding in taken.findings):
        raise typer.Exit(1)


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds" if instant.microsecond else "seconds")


def _show(taken: Snapshot, plain: Mapping[str, object]) -> None:
    console.table("", ("window", "value"), list(plain.items()))
    rows = [(f.check, f.severity, f.count, f.detail) for f in taken.findings]
    if rows:
        console.table("Findings", ("check", "severity", "count", "detail"), rows)
    else:
        console.note("Nothing odd was found.")
