"""Speed as ratios, both sides in one run: `bench`, for a checkout of the project."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import StateError, UnknownNameError

if TYPE_CHECKING:
    from types import ModuleType

app = typer.Typer()

_FOLDER = Path(__file__).resolve().parents[2] / "tests" / "benchmarks"


@app.command()
def bench(
    stages: Annotated[
        list[str] | None, typer.Argument(metavar="[STAGE]...", help="Stages.")
    ] = None,
    size: Annotated[
        list[int] | None, typer.Option(min=1000, help="Transfers; may be given more than once.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Interleaved runs; medians are shown.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure our way against the usual way, side by side, in a database of its own."""
    known = sorted(path.stem for path in _FOLDER.glob("[a-z]*.py"))
    if not known:
        raise StateError("Benchmarks are in the project's checkout, which this is not.")
    for stage in stages or known:
        if stage not in known:
            raise UnknownNameError("benchmark stage", stage, known)
    ratios = []
    with open_graph(read_settings(), "bench") as graph:
        for stage in stages or known:
            module = _load(stage)
            for transfers in size or (100_000, 1_000_000):
                console.note(f"{stage}, {transfers:,} transfers, {runs} runs of each side ...")
                ratios.append(module.measure(graph, transfers, runs))
    columns = ("stage", "transfers", "against", "ours_s", "theirs_s", "ratio", "goal", "rows_per_s")
    rows = [[row[column] for column in columns] for row in ratios]
    console.emit({"ratios": ratios}, as_json, lambda: console.table("", columns, rows))


def _load(stage: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{stage}", _FOLDER / f"{stage}.py")
    if spec is None or spec.loader is None:
        raise StateError(f"{_FOLDER / stage}.py cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
