"""Publishes a frame of scores as a run: written, sealed, then made active in one statement.

Readers follow `(:Model)-[:ACTIVE_RUN]->(:ScoreRun)` and read the SCORED relationships of that run,
so they see all of a publication or nothing of it. A process killed at any point leaves the run
before it active; what it left behind is removed at the next publication of the model. The node
properties `score_<model>` and `score_<model>_run` are copies for Browser and GDS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import polars as pl

from core.errors import NotFoundError, ParameterError, StateError
from core.schema import SCORES, RunState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cypher.graph import Graph

Values = TypeVar("Values", pl.Series, pl.Expr)

BATCH_ROWS = 50_000
KEPT_RUNS = 5
ABANDONED_AFTER = timedelta(hours=1)
BANDS = ("low", "medium", "high", "critical")

_MODEL = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SHOWN = 10
_BETWEEN = 4
"""Accounts read to have the numbers of one: so many cost less than a look into the index."""


@dataclass(frozen=True, slots=True)
class ScoreRunSpec:
    """Where scores come from; `as_of` is the data cut-off, `parameters` a JSON text."""

    model: str
    version: str | None = None
    network: str | None = None
    task: str | None = None
    as_of: datetime | None = None
    window: timedelta | None = None
    export_id: str | None = None
    model_sha256: str | None = None
    config_hash: str | None = None
    parameters: str = "{}"


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """A run that became active; `sha256` covers its sorted accounts and values."""

    run: str
    accounts: int
    state: str
    sha256: str
    previous: str | None


def hazen(values: Values) -> Values:
    """Hazen percentile in [0, 100]: (rank - 0.5) / n * 100, ties share the mean rank.

    Source: spec/features-and-rules.md section 6.
    """
    return (values.rank("average") - 0.5) / values.len() * 100


def prepare(scores: pl.DataFrame, owner: str = "publishScores") -> pl.DataFrame:
    """Bring a frame of scores into its final form: sorted by account, percentiles filled.

    Raises:
        ParameterError: a column is missing, an account occurs twice, a value is not finite,
            a percentile is outside [0, 100] or a band is unknown.
    """
    for column in ("account", "value"):
        if column not in scores.columns:
            raise ParameterError(owner, column, "is missing")
    optional = [
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in SCORES.items()
        if name not in scores.columns
    ]
    frame = scores.with_columns(optional).select(SCORES.names()).cast(SCORES).sort("account")
    if frame.is_empty():
        raise ParameterError(owner, "scores", "holds no rows")
    _check(frame, owner)
    return frame.with_columns(
        pl.col("percentile").fill_null(hazen(frame["value"])).alias("percentile")
    )


def _check(frame: pl.DataFrame, owner: str) -> None:
    broken = frame.filter(pl.col("value").is_finite().not_() | pl.col("value").is_null())
    if not broken.is_empty():
        raise ParameterError(owner, "value", f"is not a finite number for {_list(broken)}")
    twice = frame.filter(pl.col("account").is_duplicated()).unique("account", maintain_order=True)
    if not twice.is_empty():
        raise ParameterError(owner, "account", f"is given more than once: {_list(twice)}")
    outside = frame.filter(pl.col("percentile").is_between(0, 100).not_())
    if not outside.is_empty():
        raise ParameterError(owner, "percentile", f"is outside [0, 100] for {_list(outside)}")
    odd = frame.filter(pl.col("band").is_in(BANDS).not_())
    if not odd.is_empty():
        raise ParameterError(owner, "band", f"is not one of {', '.join(BANDS)} for {_list(odd)}")


def _list(frame: pl.DataFrame) -> str:
    shown = ", ".join(str(account) for account in frame["account"].head(_SHOWN))
    rest = len(frame) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def publish(
    graph: Graph,
    spec: ScoreRunSpec,
    scores: pl.DataFrame,
    *,
    archive: Path | None = None,
    keep: int = KEPT_RUNS,
    progress: Callable[[int, int], None] | None = None,
) -> PublishedRun:
    """Write scores as a run of the model and make it the active one.

    Args:
        graph: the database.
        spec: model and provenance.
        scores: columns of `core.schema.SCORES`; only `account` and `value` are required.
        archive: folder for the scores of runs that leave the graph; without it all runs stay.
        keep: sealed runs of the model that stay in the graph.
        progress: called with rows written and rows in total.

    Raises:
        ParameterError: the model's name or a row is not usable; nothing is written.
        NotFoundError: accounts that are not in the graph; nothing is written.
    """
    if not _MODEL.fullmatch(spec.model):
        remedy = "Use lower-case letters, digits and underscores."
        raise ParameterError("publishScores", "model", f"is not usable: '{spec.model}'", remedy)
    frame = prepare(scores)
    _tidy(graph, spec.model, archive, keep)
    run = _begin(graph, spec)
    try:
        digest = _write(graph, run, frame, progress)
        sealed = graph.write("writes/score_run_activate", run=run, accounts=len(frame), hash=digest)
    except Exception as error:
        graph.write("writes/score_run_fail", run=run, error=str(error)[:500])
        if isinstance(error, NotFoundError):
            _remove_rows(graph, run)
            graph.write("writes/score_run_forget", run=run)
        raise
    refresh(graph, spec.model, run)
    _tidy(graph, spec.model, archive, keep)
    return PublishedRun(run, len(frame), RunState.ACTIVE, digest, sealed["previous"][0])


def read_run(graph: Graph, run: str, archive: Path | None = None) -> pl.DataFrame:
    """Every score of a run, from the graph or from its archive.

    Raises:
        NotFoundError: neither holds it.
    """
    frame = graph.read("exports/score_run", run=run)
    if not frame.is_empty():
        return frame
    if archive is not None and (found := archive / f"{run}.parquet").exists():
        return pl.read_parquet(found)
    raise NotFoundError("score run", run, "List them with the scoreRuns query.")


def refresh(graph: Graph, model: str, run: str) -> None:
    """Copy a run's values onto the accounts as `score_<model>` and `score_<model>_run`."""
    name = f"score_{model}"
    graph.write_apart(
        "writes/score_property_refresh", run=run, property=name, run_property=f"{name}_run"
    )
    graph.write("writes/score_property_clear", run=run, property=name)


def _begin(graph: Graph, spec: ScoreRunSpec) -> str:
    run = f"{spec.model}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
    graph.write(
        "writes/score_run_begin",
        run=run,
        model=spec.model,
        version=spec.version,
        network=spec.network,
        task=spec.task,
        as_of=spec.as_of,
        window=spec.window,
        export_id=spec.export_id,
        model_sha256=spec.model_sha256,
        config_hash=spec.config_hash,
        code_version=version("ledgergraph"),
        parameters=spec.parameters,
    )
    return run


def _write(
    graph: Graph, run: str, frame: pl.DataFrame, progress: Callable[[int, int], None] | None
) -> str:
    written = 0
    for part in frame.iter_slices(BATCH_ROWS):
        _write_batch(graph, run, part)
        written += len(part)
        if progress is not None:
            progress(written, len(frame))
    found = graph.read("lookups/score_run_count", run=run)["accounts"][0]
    if found != len(frame):
        unknown = graph.read("lookups/accounts_unknown", accounts=frame["account"])
        if not unknown.is_empty():
            raise NotFoundError("account", _list(unknown), "Load the ledger that holds it first.")
        raise StateError(f"Run {run} holds {found} scores after {len(frame)} were written.")
    digest = sha256("\n".join(frame["account"]).encode())
    digest.update(frame["value"].to_numpy().astype("<f8").tobytes())
    return digest.hexdigest()


def _write_batch(graph: Graph, run: str, part: pl.DataFrame) -> None:
    columns: dict[str, object] = {
        "run": run,
        "accounts": part["account"],
        "values": part["value"],
        "percentiles": part["percentile"],
        "bands": part["band"],
        "reasons": part["reasons"],
    }
    numbers = _numbers(graph, part["account"])
    # A second try finds scores that the first has committed: those are kept.
    again = "writes/score_run_rows_again"
    if numbers is None:
        graph.write_apart(again, **columns)
    else:
        graph.write_apart("writes/score_run_rows", again, numbers=numbers, **columns)


def _numbers(graph: Graph, accounts: pl.Series) -> pl.Series | None:
    """The database's numbers of sorted accounts; None where one is unknown or many lie between."""
    limit = len(accounts) * _BETWEEN
    found = graph.read(
        "lookups/account_numbers_between", first=accounts[0], last=accounts[-1], limit=limit
    )
    joined = accounts.to_frame().join(found, on="account", how="left", maintain_order="left")
    return None if joined["number"].null_count() else joined["number"]


def _tidy(graph: Graph, model: str, archive: Path | None, keep: int) -> None:
    """Remove what dead writers left, and archive sealed runs beyond the newest `keep`."""
    limit = datetime.now(UTC) - ABANDONED_AFTER
    runs = graph.read("lookups/score_runs_to_tidy", model=model, keep=keep, abandoned=limit)
    for run, state in runs.iter_rows():
        if state == RunState.RETIRED:
            if archive is None:
                continue
            archive.mkdir(parents=True, exist_ok=True)
            target = archive / f"{run}.parquet"
            partial = target.with_suffix(".partial")
            graph.read("exports/score_run", run=run).write_parquet(partial)
            partial.replace(target)
            graph.write("writes/score_run_archived", run=run, archive=target.name)
        elif state == RunState.WRITING:
            graph.write("writes/score_run_fail", run=run, error="its writer was stopped")
        _remove_rows(graph, run)


def _remove_rows(graph: Graph, run: str) -> None:
    while graph.write("writes/score_rows_remove", run=run)["removed"][0]:
        pass
