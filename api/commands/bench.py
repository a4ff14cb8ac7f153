"""Speed as ratios, both sides in one run: `bench`, for a checkout of the project.

A stage is a file of `tests/benchmarks`: `AGAINST` names the other side, `GOAL` the ratio to reach,
and `sides` makes both of them. They take turns, their results must be equal, and medians are shown.
"""

from __future__ import annotations

import importlib.util
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import StateError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from cypher.graph import Graph

app = typer.Typer()

_FOLDER = Path(__file__).resolve().parents[2] / "tests" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two ways to the same result; `reset` makes the ground even and is not timed."""

    ours: Callable[[], object]
    theirs: Callable[[], object]
    reset: Callable[[], None]


@app.command()
def bench(
    stages: Annotated[
        list[str] | None, typer.Argument(metavar="[STAGE]...", help="Default: all.")
    ] = None,
    size: Annotated[
        list[int] | None, typer.Option(min=1000, help="Transfers; may be given more than once.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Interleaved runs of each side.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure our way against the usual way, side by side, on a server of the benchmark's own."""
    known = sorted(path.stem for path in _FOLDER.glob("[a-z]*.py"))
    if not known:
        raise StateError("Benchmarks are in the project's checkout, which this is not.")
    for stage in stages or known:
        if stage not in known:
            raise UnknownNameError("benchmark stage", stage, known)
    with TemporaryDirectory(prefix="ledgergraph-bench-") as temporary:
        rows = _on_own_server(Path(temporary), stages or known, size or [100_000, 1_000_000], runs)
    columns = ("stage", "transfers", "against", "ours_seconds", "theirs_seconds", "ratio", "goal")
    shown = [[row[column] for column in columns] for row in rows]
    console.emit({"ratios": rows}, as_json, lambda: console.table("", columns, shown))


def _on_own_server(
    folder: Path, stages: list[str], sizes: list[int], runs: int
) -> list[dict[str, Any]]:
    from core import server

    settings = read_settings().model_copy(
        update={"home": folder / "home", "neo4j_uri": None, "bolt_port": 0, "http_port": 0}
    )
    try:
        with closing(open_graph(settings, "bench")) as graph:
            return [
                _measure(_stage(name), name, graph, folder, transfers, runs)
                for transfers in sizes
                for name in stages
            ]
    finally:
        server.down(settings.server())


def _measure(
    module: ModuleType, name: str, graph: Graph, folder: Path, transfers: int, runs: int
) -> dict[str, Any]:
    console.note(f"{name}, {transfers:,} transfers, {runs} runs of each side ...")
    sides: Sides = module.sides(graph, folder / f"{transfers}", transfers)
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    results: list[object] = []
    for _ in range(runs):
        for side, work in (("ours", sides.ours), ("theirs", sides.theirs)):
            sides.reset()
            started = time.perf_counter()
            results.append(work())
            seconds[side].append(time.perf_counter() - started)
    if any(result != results[0] for result in results):
        raise StateError(f"The two sides of '{name}' disagree: {results[:2]}.")
    ours, theirs = median(seconds["ours"]), median(seconds["theirs"])
    return {
        "stage": name,
        "transfers": transfers,
        "against": module.AGAINST,
        "ours_seconds": round(ours, 2),
        "theirs_seconds": round(theirs, 2),
        "ratio": round(theirs / ours, 2),
        "goal": module.GOAL,
        "runs": runs,
        "equal": True,
    }


def _stage(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", _FOLDER / f"{name}.py")
    if spec is None or spec.loader is None:
        raise StateError(f"{_FOLDER / name}.py cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
