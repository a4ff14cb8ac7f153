"""Speed as ratios, both sides in one run: `bench`, for a checkout of the project.

A stage is a file of `tests/benchmarks`: `AGAINST` names the other side, `GOAL` the ratio to reach
(their time over ours), and `sides` makes both of them, or both of several parts by name. They take
turns in beginning, their results must be equal, and medians are shown. At the first size one run of
each comes before those that count: a server is slow at first, whoever asks. With several sizes,
growth is shown too.
"""

from __future__ import annotations

import importlib.util
import math
import signal
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.memory_watch import Memory, watch
from api.settings import read_settings
from core.errors import StateError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from api.settings import Settings
    from core.server import ServerConfig
    from cypher.graph import Graph

app = typer.Typer()

GROWTH_GOAL = 1.10
"""Log-log slope of time over transfers."""

_FOLDER = Path(__file__).resolve().parents[2] / "tests" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Sides:
    """Two ways to the same result; one that can be called is called when the clock has stopped.

    Attributes:
        reset: makes the ground even; not timed.
        apart: seconds of the last run that the ratio leaves out, by name.
        transfers: how many there are, where not as many as asked for.
    """

    ours: Callable[[], object]
    theirs: Callable[[], object]
    reset: Callable[[], None]
    apart: Callable[[], dict[str, float]] = dict
    transfers: int | None = None


def server_of(folder: Path) -> ServerConfig:
    """The benchmark's own server, from the folder that a stage is given."""
    return _settings(folder.parent).server()


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
    known = names()
    if not known:
        raise StateError("Benchmarks are in the project's checkout, which this is not.")
    for name in stages or known:
        if name not in known:
            raise UnknownNameError("benchmark stage", name, known)
    with TemporaryDirectory(prefix="ledgergraph-bench-") as temporary:
        rows = _on_own_server(Path(temporary), stages or known, size or [100_000, 1_000_000], runs)
    grown = _growth(rows)
    console.emit({"ratios": rows, "growth": grown}, as_json, lambda: _show(rows, grown))


def _show(rows: list[dict[str, Any]], grown: list[dict[str, Any]]) -> None:
    columns = {
        "stage": "stage",
        "size": "transfers",
        "ours s": "ours_seconds",
        "theirs s": "theirs_seconds",
        "ratio": "ratio",
        "goal": "goal",
        "python MB": "python_mb",
        "server MB": "server_mb",
        "import MB": "import_mb",
        "store B": "store_bytes_per_transfer",
    }
    told = {name: [_cell(key, row[key]) for row in rows] for name, key in columns.items()}
    kept = {name: cells for name, cells in told.items() if any(cells)}  # a terminal is narrow
    console.table("", list(kept), list(zip(*kept.values(), strict=True)))
    against = {row["stage"]: row["against"] for row in rows}
    console.table("", ("stage", "theirs is"), list(against.items()))
    if grown:
        slopes = ("stage", "slope", "goal")
        console.table("growth", slopes, [[row[column] for column in slopes] for row in grown])


def _cell(key: str, value: float | str) -> float | str:
    """A value as it is shown: sizes short, and nothing for what was not measured."""
    if key == "transfers" and not int(value) % 1_000:
        return f"{int(value) // 1_000:,}k"
    return value or ""


def _growth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Slope of log seconds over log transfers of the stages measured at several sizes."""
    grown = []
    for stage in dict.fromkeys(row["stage"] for row in rows):
        points = [
            (math.log(row["transfers"]), math.log(max(row["ours_seconds"], 0.01)))
            for row in rows
            if row["stage"] == stage
        ]
        if len({size for size, _ in points}) > 1:
            slope = linear_regression(*zip(*points, strict=True)).slope
            grown.append({"stage": stage, "slope": round(slope, 2), "goal": GROWTH_GOAL})
    return grown


def _settings(folder: Path) -> Settings:
    return read_settings().model_copy(
        update={"home": folder / "home", "neo4j_uri": None, "bolt_port": 0, "http_port": 0}
    )


def _on_own_server(
    folder: Path, stages: list[str], sizes: list[int], runs: int
) -> list[dict[str, Any]]:
    from core import server

    settings = _settings(folder)
    try:
        with _terminable(), closing(open_graph(settings, "bench")) as graph:
            return [
                row
                for place, transfers in enumerate(sizes)
                for name in stages
                for row in _measured(name, graph, folder, transfers, runs, cold=not place)
            ]
    finally:
        server.down(settings.server())


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the work as an exception, after which the server is stopped."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _measured(
    name: str, graph: Graph, folder: Path, transfers: int, runs: int, *, cold: bool
) -> Iterator[dict[str, Any]]:
    console.note(f"{name}, {transfers:,} transfers, {runs} runs of each side ...")
    module, own = stage(name), folder / f"{transfers}"
    sides: Sides | dict[str, Sides] = module.sides(graph, own, transfers)
    for part, each in sides.items() if isinstance(sides, dict) else [("", sides)]:
        yield _measure(module, f"{name} {part}".strip(), each, own, transfers, runs, cold=cold)


def _measure(
    module: ModuleType,
    name: str,
    sides: Sides,
    own: Path,
    transfers: int,
    runs: int,
    *,
    cold: bool,
) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    apart: list[dict[str, float]] = []
    results: list[object] = []
    memory = Memory()
    for run in range(runs + cold):
        turn = [("ours", sides.ours), ("theirs", sides.theirs)]
        for side, work in turn[::-1] if run % 2 else turn:
            sides.reset()
            started = time.perf_counter()
            if side == "ours" and not run:
                # Later on, memory that the other side has freed may still count as ours.
                memory, result = watch(server_of(own), transfers, work)
            else:
                result = work()
            seconds[side].append(time.perf_counter() - started)
            results.append(result() if callable(result) else result)
            del result
            left_out = sides.apart()
            seconds[side][-1] -= sum(left_out.values())
            if side == "ours":
                apart.append(left_out)
    if any(result != results[0] for result in results):
        raise StateError(f"The two sides of '{name}' disagree: {results[:2]}.")
    ours, theirs = median(seconds["ours"][-runs:]), median(seconds["theirs"][-runs:])
    apart = apart[-runs:]
    return {
        "stage": name,
        "transfers": sides.transfers or transfers,
        "against": module.AGAINST,
        "ours_seconds": round(ours, 2),
        "theirs_seconds": round(theirs, 2),
        "ratio": round(theirs / ours, 2),
        "goal": module.GOAL,
        **memory.facts(),
        "apart_seconds": {key: round(median(each[key] for each in apart), 2) for key in apart[0]},
        "runs": runs,
        "equal": True,
    }


def names() -> list[str]:
    """Names of the stages; none outside a checkout."""
    return sorted(path.stem for path in _FOLDER.glob("[a-z]*.py"))


def stage(name: str) -> ModuleType:
    """The module of a stage.

    Raises:
        StateError: its file cannot be read.
    """
    spec = importlib.util.spec_from_file_location(f"bench_{name}", _FOLDER / f"{name}.py")
    if spec is None or spec.loader is None:
        raise StateError(f"{_FOLDER / name}.py cannot be read.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look for it
    spec.loader.exec_module(module)
    return module
