"""Removing a network, saving and bringing back the embedded database: `wipe`, `dump`, `restore`."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import Settings, read_settings
from core.errors import (
    GraphError,
    MissingPathError,
    ServerError,
    StateError,
    UnreadableError,
    UsageError,
)

if TYPE_CHECKING:
    import polars as pl

    from core.server import Status

app = typer.Typer()


@app.command()
def wipe(
    network: Annotated[str, typer.Option(help="Exact name of the network to remove.")],
    as_json: AsJson = False,
) -> None:
    """Remove everything of a network at once: accounts, transfers, tags, scores, its records."""
    from cypher.wipe import wipe as remove

    begun = time.monotonic()
    with (
        open_graph(read_settings(), "wipe") as graph,
        console.progress(f"Removing {network}") as bar,
    ):
        report = remove(graph, network, bar)
    result: dict[str, Any] = {
        "removed": report.removed,
        "network": network,
        "accounts": report.accounts,
        "transfers": report.relationships["TRANSFER"],
        "tags": report.tags,
        "relationships": report.relationships.total(),
        "seconds": round(time.monotonic() - begun, 3),
    }
    console.emit(result, as_json, lambda: console.facts(result))


@app.command()
def dump(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    replace: Annotated[bool, typer.Option(help="Write over a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save the embedded database into a file; the server is stopped meanwhile."""
    from core.server.dumps import dump as save

    settings = _embedded("dump")
    file = file.absolute()
    if file.exists() and not (replace and file.is_file()):
        raise UsageError(f"{file} exists.", "Name another file, or add --replace.")
    if not file.parent.is_dir():
        raise MissingPathError(file.parent)
    if not os.access(file.parent, os.W_OK):
        raise UsageError(f"{file.parent} may not be written to.", "Name another folder.")
    begun = time.monotonic()
    with console.err.status("Saving the database"):
        size = save(settings.server(quiet=True), file)
    seconds = round(time.monotonic() - begun, 3)
    result = {"bytes": size, "file": str(file), "seconds": seconds}
    console.emit(result, as_json, lambda: console.facts(result))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that dump wrote.")],
    replace: Annotated[bool, typer.Option(help="Give up what is in the database now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring back a saved database in the place of the present one; the server is restarted."""
    from core.server.dumps import restore as bring_back

    settings = _embedded("restore")
    size = _size(file)
    before = _count_if_it_starts(settings) if replace else _count(settings)
    removed = None if before is None else int(before["nodes"][0] + before["relationships"][0])
    if removed and not replace and before is not None:
        raise StateError(
            f"The database holds {before['accounts'][0]:,} accounts and "
            f"{before['transfers'][0]:,} transfers, which a restore would remove.",
            "Save them with 'ledgergraph dump', then add --replace.",
        )

    def check(status: Status) -> pl.DataFrame:
        del status  # it is found again by the settings
        return _count(settings)

    begun = time.monotonic()
    with console.err.status("Restoring the database"):
        after = bring_back(settings.server(quiet=True), file, check)
    result = {
        "removed": removed,
        "bytes": size,
        **after.row(0, named=True),
        "seconds": round(time.monotonic() - begun, 3),
    }
    console.emit(result, as_json, lambda: console.facts(result))


def _embedded(command: str) -> Settings:
    settings = read_settings()
    if settings.neo4j_uri:
        raise UsageError(
            f"'{command}' is for the embedded database, and LEDGERGRAPH_NEO4J_URI names another.",
            "Use neo4j-admin where that database runs, or unset LEDGERGRAPH_NEO4J_URI.",
        )
    return settings


def _size(file: Path) -> int:
    if not file.exists():
        raise MissingPathError(file)
    try:
        with file.open("rb") as opened:
            opened.read(1)
        return file.stat().st_size
    except OSError as error:
        raise UnreadableError(file, (error.strerror or str(error)).lower()) from error


def _count_if_it_starts(settings: Settings) -> pl.DataFrame | None:
    """A database that does not start any more is what a restore is for."""
    try:
        return _count(settings)
    except (ServerError, GraphError) as error:
        console.note(f"What is in the database now cannot be counted: {error.message}")
        return None


def _count(settings: Settings) -> pl.DataFrame:
    with open_graph(settings, "restore") as graph:
        return graph.read("lookups/restore_counts")
