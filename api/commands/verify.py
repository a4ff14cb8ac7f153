"""A ledger against the graph: `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.commands.load import Fees
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings

if TYPE_CHECKING:
    from loader.verify_report import VerifyReport

app = typer.Typer()


@app.command()
def verify(
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="Name of the format.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.")],
    network: Annotated[
        str | None, typer.Option(help="Name of the network it was loaded as.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="What the columns of a CSV mean.")] = None,
    assume_success: Annotated[
        bool, typer.Option(help="As it was loaded: records of unknown success too.")
    ] = False,
    fees: Annotated[Fees, typer.Option(help="As it was loaded: edges for fees.")] = Fees.NONE,
    as_json: AsJson = False,
) -> None:
    """Read a source again and compare it with the graph; exit code 1 when they differ."""
    import loader
    from loader.verify import verify as compare

    options = loader.LoadOptions(
        network=network,
        mapping=mapping,
        assume_success=assume_success,
        fees="edges" if fees is Fees.EDGES else "none",
    )
    loader.check(format_name, paths, options)
    with (
        open_graph(read_settings(), "verify") as graph,
        console.progress(f"Verifying {format_name}") as bar,
    ):
        report = compare(
            graph, format_name, paths, options, lambda step: bar(step.rows, step.total)
        )
    console.emit(report.as_dict(), as_json, lambda: _show(report))
    if not report.ok:
        raise typer.Exit(1)


def _show(report: VerifyReport) -> None:
    console.facts(
        {
            "ok": report.ok,
            "rows read": report.read,
            "transfers in the source": sum(each.source.transfers for each in report.partitions),
            "transfers in the graph": sum(each.graph.transfers for each in report.partitions),
            "missing": report.missing,
            "altered": report.altered,
            "unexpected": report.unexpected,
            **({"of other sources": report.elsewhere} if report.elsewhere else {}),
            **({"rows rejected": report.rejected} if report.rejected else {}),
            "seconds": report.seconds,
        }
    )
    rows = [
        (name, thing["what"], thing["id"], ", ".join(map(str, thing.get("differs", ()))))  # type: ignore[call-overload]
        for name, things in report.details.items()
        for thing in things
    ]
    if rows:
        console.table("What differs", ("", "what", "id", "properties"), rows)
