"""Price tables into the graph: `prices`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings

if TYPE_CHECKING:
    from loader.prices import PriceReport

app = typer.Typer()


@app.command()
def prices(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...", help="CSV or Parquet with the columns asset, date, price, source."
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="Who says so, where a file does not; default its name.")
    ] = None,
    precedence: Annotated[
        int, typer.Option(help="Of several sources of a day the highest counts.")
    ] = 0,
    replace: Annotated[
        bool, typer.Option(help="Take these where the graph has other prices of the same source.")
    ] = False,
    max_rejects: Annotated[
        int, typer.Option(min=0, help="Rejected rows that do not stop the command.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Load prices in US dollars; what a transfer was worth is told by the price of its own day."""
    from loader.prices import PriceOptions, load
    from loader.reading.sources import check_paths

    check_paths(paths)
    settings = read_settings()
    options = PriceOptions(
        source=source,
        precedence=precedence,
        replace=replace,
        max_rejects=max_rejects,
        dead_letter_dir=settings.dead_letters,
    )
    with open_graph(settings, "prices") as graph, console.err.status("Loading prices"):
        report = load(graph, paths, options)
    console.emit(_result(report), as_json, lambda: _show(report))


def _result(report: PriceReport) -> dict[str, Any]:
    return {
        "read": report.read,
        "loaded": report.loaded,
        "duplicate": report.duplicate,
        "replaced": report.replaced,
        "unmatched": sum(report.unmatched.values()),
        "reasons": report.unmatched,
        "rejected": sum(report.rejected.values()),
        "rejected_by_reason": report.rejected,
        "dead_letter": str(report.dead_letter) if report.dead_letter else None,
        "assets": report.assets,
        "first": report.first,
        "last": report.last,
        "seconds": round(report.seconds, 3),
    }


def _show(report: PriceReport) -> None:
    console.facts(
        {
            "rows read": report.read,
            "loaded": report.loaded,
            "duplicate": report.duplicate,
            "replaced": report.replaced,
            "unmatched": sum(report.unmatched.values()),
            **{f"  {reason}": count for reason, count in report.unmatched.items()},
            "rejected": sum(report.rejected.values()),
            **{f"  {reason}": count for reason, count in report.rejected.items()},
            "assets": report.assets,
            "first day": report.first or "none",
            "last day": report.last or "none",
            "seconds": report.seconds,
        }
    )
    if report.dead_letter:
        console.note(f"Rejected rows are in {report.dead_letter}.")
