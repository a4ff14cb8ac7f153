"""A ledger into the graph: `load`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import UsageError

if TYPE_CHECKING:
    from loader import LoadReport

app = typer.Typer()


class Mode(StrEnum):
    """How rows go in."""

    STREAM = "stream"
    BULK = "bulk"
    AUTO = "auto"


class Fees(StrEnum):
    """What becomes of fees."""

    NONE = "none"
    EDGES = "edges"


@app.command()
def load(
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="Name of the format.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.")],
    network: Annotated[str | None, typer.Option(help="Name of the network to load into.")] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            help="stream: checkpointed transactions; bulk: offline, into a new store; auto: bulk "
            "when the embedded database is empty and the input large."
        ),
    ] = Mode.AUTO,
    mapping: Annotated[Path | None, typer.Option(help="What the columns of a CSV mean.")] = None,
    max_rejects: Annotated[
        int, typer.Option(min=0, help="Rejected rows that do not stop the load.")
    ] = 0,
    assume_success: Annotated[
        bool, typer.Option(help="Load records whose success is not known, flagged so.")
    ] = False,
    fees: Annotated[Fees, typer.Option(help="edges: fees become transfers too.")] = Fees.NONE,
    replace: Annotated[
        bool, typer.Option(help="A bulk load gives up what is in the database.")
    ] = False,
    labels_out: Annotated[
        Path | None,
        typer.Option(help="Folder of the labels that the source holds; default labels/ at home."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load a ledger; rows that are there already stay as they are."""
    import loader

    settings = read_settings()
    options = loader.LoadOptions(
        network=network,
        mapping=mapping,
        max_rejects=max_rejects,
        assume_success=assume_success,
        fees="edges" if fees is Fees.EDGES else "none",
        dead_letter_dir=settings.dead_letters,
        labels_dir=labels_out or settings.labels,
        mode=mode.value,
        replace=replace,
    )
    loader.check(format_name, paths, options)
    with open_graph(settings, "load") as graph, console.progress(f"Loading {format_name}") as bar:
        report = loader.load(
            graph,
            format_name,
            paths,
            options,
            lambda step: bar(step.rows, step.total),
            server=None if settings.neo4j_uri else settings.server(quiet=True),
        )
    if not report.adds_up():
        raise UsageError("The report does not add up; this is a defect, please report it.")
    console.emit(report.as_dict(), as_json, lambda: _show(report))


def _show(report: LoadReport) -> None:
    skipped = {f"  {reason}": rows for reason, rows in sorted(report.skipped.items())}
    console.facts(
        {
            "rows read": report.read,
            "loaded": report.loaded,
            "duplicate": report.duplicate,
            "skipped": sum(report.skipped.values()),
            **skipped,
            "rejected": report.rejected,
            "transfers created": report.transfers,
            "accounts created": report.accounts,
            "seconds": report.seconds,
            **{f"  {step}": seconds for step, seconds in report.phases.items()},
            **{f"warning {name}": count for name, count in sorted(report.warnings.items())},
            **_left_out(report.left_out),
        }
    )
    for path, rows in report.labels.items():
        console.note(f"{rows:,} labels, which are no part of the graph, are in {path}.")
    if report.dead_letter:
        console.note(f"Rejected rows are in {report.dead_letter}.")


def _left_out(files: dict[str, str]) -> dict[str, str]:
    """One line for all files that the format does not know; --json gives each with its reason."""
    names = [name.rsplit("/", maxsplit=1)[-1] for name in sorted(files)]
    return {"files left out": ", ".join(names)} if names else {}
