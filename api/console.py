"""What people see: results on stdout, everything else on stderr, one JSON object on demand."""

from __future__ import annotations

import json
import math
import sys
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from core.errors import ExpectedError

out = Console(soft_wrap=True)
err = Console(stderr=True)

_WHOLE = 20
"""Characters of a cell that is not broken as long as longer ones can be."""

AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")]
"""The option that every command takes."""


def emit(result: Mapping[str, Any], as_json: bool, show: Callable[[], None]) -> None:
    """Print a result as JSON, or let `show` print it for people."""
    if as_json:
        text = json.dumps(_finite(result), default=_text, ensure_ascii=False, allow_nan=False)
        sys.stdout.write(text + "\n")
    else:
        show()


def _text(value: object) -> str:
    """What JSON has no type for, as text; times as ISO 8601 has them."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _finite(value: Any) -> Any:
    """The same value with null for NaN and the infinities, which JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return value


def fail(error: ExpectedError, as_json: bool) -> None:
    """Print an expected error: a paragraph on stderr, with `--json` an object on stdout too."""
    err.print(f"[bold red]Error:[/] {_escaped(error.message)}", highlight=False)
    if error.remedy:
        err.print(_escaped(error.remedy), highlight=False)
    if as_json:
        facts = {"code": error.code, "message": error.message, "remedy": error.remedy}
        sys.stdout.write(json.dumps({"error": facts}, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """Say something in passing, on stderr."""
    err.print(text, highlight=False)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers stand to the right, and nothing is wider than the terminal."""
    content = [[_cell(value) for value in row] for row in rows]
    drawn = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    widths = [max(map(len, cells)) for cells in zip(columns, *content, strict=True)]
    fits = sum(min(width, _WHOLE) + 2 for width in widths) <= out.width
    for position, column in enumerate(columns):
        cells = [row[position] for row in content]
        numeric = bool(cells) and all(_is_number(cell) for cell in cells)
        drawn.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=fits and widths[position] <= _WHOLE,  # an id is copied as a whole
        )
    for row in content:
        drawn.add_row(*(_escaped(cell) for cell in row))
    out.print(drawn, soft_wrap=False)


def facts(pairs: Mapping[str, object]) -> None:
    """Print names and values, one pair a line."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        out.print(f"[bold]{name:<{width}}[/]  {_escaped(_cell(value))}", highlight=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on stderr; call what it gives with what is done and what there is to do."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar:
        task = bar.add_task(what, total=None)

        def advance(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _cell(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, (list, tuple)):
        cells = [_cell(entry) for entry in value]
        return ("\n" if any(" " in cell for cell in cells) else ", ").join(cells)
    return str(value)


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "", 1).replace("-", "0").isdigit()


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
