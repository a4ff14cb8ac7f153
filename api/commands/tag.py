"""Label packs and infrastructure lists onto accounts: `tag`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import ParameterError
from core.times import parse_instant, to_epoch_ms

if TYPE_CHECKING:
    from loader.tagging import TagReport

app = typer.Typer()
_SHOWN = 5


@app.command()
def tag(
    format_name: Annotated[
        str,
        typer.Argument(metavar="FORMAT", help="Name of the label format; a wrong one lists all."),
    ],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders.")],
    network: Annotated[str | None, typer.Option(help="Network of all the addresses.")] = None,
    create_missing: Annotated[
        bool, typer.Option(help="Make accounts of addresses that have none.")
    ] = False,
    label: Annotated[str | None, typer.Option(help="Text of labels that have none.")] = None,
    category: Annotated[str | None, typer.Option(help="Such as scam or exchange.")] = None,
    subcategory: Annotated[str | None, typer.Option(help="Such as phishing.")] = None,
    risk_level: Annotated[str | None, typer.Option(help="low, medium, high, critical.")] = None,
    trust_level: Annotated[str | None, typer.Option(help="Such as community.")] = None,
    confidence: Annotated[float | None, typer.Option(min=0, max=1, help="From 0 to 1.")] = None,
    source: Annotated[str | None, typer.Option(help="Who says so.")] = None,
    known_from: Annotated[
        str | None, typer.Option(help="When the labels became public; default the file's date.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put the labels of a pack onto accounts; what a file itself says comes before the options."""
    from loader.label_pack import (
        CATEGORIES,
        RISK_LEVELS,
        TAG_FORMATS,
        TRUST_LEVELS,
        Defaults,
        TagOptions,
    )
    from loader.reading.sources import check_paths
    from loader.tagging import tag as apply

    _one_of("category", category, CATEGORIES)
    _one_of("risk-level", risk_level, RISK_LEVELS)
    _one_of("trust-level", trust_level, TRUST_LEVELS)
    defaults = Defaults(
        label=label,
        category=category,
        subcategory=subcategory,
        risk_level=risk_level,
        trust_level=trust_level,
        confidence=confidence,
        source=source,
        known_from=to_epoch_ms(parse_instant(known_from, "known-from")) if known_from else None,
    )
    TAG_FORMATS.get(format_name)
    check_paths(paths)
    options = TagOptions(network=network, create_missing=create_missing, defaults=defaults)
    with open_graph(read_settings(), "tag") as graph, console.progress("Tagging") as bar:
        report = apply(graph, format_name, paths, options, bar)
    console.emit(_result(report), as_json, lambda: _show(report))


def _one_of(option: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise ParameterError("tag", option, f"may not be '{value}'", f"Known: {', '.join(known)}.")


def _result(report: TagReport) -> dict[str, Any]:
    return {
        "read": report.read,
        "matched": report.matched,
        "unmatched": sum(report.unmatched.values()),
        "reasons": report.unmatched,
        "tags": report.tags,
        "accounts": report.accounts,
        "repeated": report.repeated,
        "infrastructure": report.infrastructure,
        "conflicts": report.conflicts.height,
        "conflicting": report.conflicts.head(_SHOWN).to_dicts(),
        "files": report.files,
        "left_out": report.left_out,
        "seconds": round(report.seconds, 3),
    }


def _show(report: TagReport) -> None:
    console.facts(
        {
            "labels read": report.read,
            "matched": report.matched,
            "unmatched": sum(report.unmatched.values()),
            **{f"  {reason}": count for reason, count in report.unmatched.items()},
            "tags created": report.tags,
            "accounts created": report.accounts,
            "said more than once": report.repeated,
            "infrastructure accounts": report.infrastructure,
            "accounts with conflicting tags": report.conflicts.height,
            "seconds": report.seconds,
        }
    )
    if report.conflicts.height:
        rows = report.conflicts.head(_SHOWN).rows()
        console.table("Conflicts", ("account", "categories", "shown"), rows)
    for name in report.left_out:
        console.note(f"Left out, not of this format: {name}")
