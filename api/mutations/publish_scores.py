"""`publishScores`: scores computed elsewhere, written back onto the accounts as a run."""

from datetime import datetime
from functools import partial
from typing import cast

import polars as pl
import strawberry

from api.context import Info
from api.queries.runs import read_score_run
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.score import ScoreRun
from core.errors import LimitError, NotFoundError, ParameterError
from core.schema import SCORES
from cypher.scores import ScoreRunSpec, publish


@strawberry.input(description="One account's score.")
class ScoreInput:
    """One row."""

    account: strawberry.ID
    value: float
    percentile: float | None = strawberry.field(
        default=None, description="In [0, 100]; computed by Hazen where it is absent."
    )
    band: str | None = strawberry.field(default=None, description="low, medium, high or critical.")
    reasons: list[str] | None = None


@strawberry.input(description="Scores as columns of equal length; the fast way for many.")
class ScoreColumnsInput:
    """The same, column by column."""

    account: list[strawberry.ID]
    value: list[float]
    percentile: list[float | None] | None = None
    band: list[str | None] | None = None
    reasons: list[list[str] | None] | None = None


@strawberry.input(description="A run to publish: give `scores` or `columns`.")
class PublishScoresInput:
    """The run and its scores."""

    model: str
    scores: list[ScoreInput] | None = None
    columns: ScoreColumnsInput | None = None
    network: str | None = None
    version: str | None = None
    task: str | None = None
    as_of: datetime | None = strawberry.field(default=None, description="The data cut-off.")
    model_sha256: str | None = None
    export_id: str | None = None


@strawberry.type
class PublishScores:
    """The mutation."""

    @strawberry.mutation(
        description="Writes scores as a run, seals it and makes it the model's active run. All or "
        "nothing: with an unknown account or a bad value nothing is written.",
        extensions=[RequireScope(Scope.WRITE)],
    )
    async def publish_scores(
        self,
        info: Info,
        input: PublishScoresInput,  # noqa: A002
    ) -> ScoreRun:
        """Publish, and return the run."""
        backend = info.context.backend
        work = partial(_publish, info, input)
        run = await backend.in_thread(work, long=True)
        published = await read_score_run(info, run)
        if published is None:
            raise NotFoundError("score run", run)
        return published


def _publish(info: Info, given: PublishScoresInput) -> str:
    backend = info.context.backend
    frame = _frame(given, backend.limits.publish_rows)
    _of_network(frame["account"], given.network)
    spec = ScoreRunSpec(
        model=given.model,
        version=given.version,
        network=given.network,
        task=given.task,
        as_of=given.as_of,
        model_sha256=given.model_sha256,
        export_id=given.export_id,
    )
    actions = backend.actions
    graph = backend.graph.on_behalf_of("publishScores")
    published = publish(graph, spec, frame, archive=actions.archive, keep=actions.kept_runs)
    return published.run


def _of_network(accounts: pl.Series, network: str | None) -> None:
    """Refuse accounts of other networks than the one that the run is said to be of."""
    if network is None:
        return
    others = accounts.filter(~accounts.str.starts_with(f"{network}:"))
    if len(others):
        reason = f"'{network}' is not the network of {len(others)} accounts, such as {others[0]}"
        raise ParameterError("publishScores", "network", reason)


def _frame(given: PublishScoresInput, limit: int) -> pl.DataFrame:
    if (given.scores is None) == (given.columns is None):
        raise ParameterError("publishScores", "scores", "and 'columns': give exactly one of them")
    columns: dict[str, list[object]] = {}
    for name in SCORES:
        if given.columns is not None:
            values = cast("list[object] | None", getattr(given.columns, name))
        else:
            values = [getattr(row, name) for row in given.scores or ()]
        if values is not None:
            columns[name] = values
    rows = len(columns["account"])
    if rows > limit:
        raise LimitError("scores", limit, "Publish from the command line.")
    for name, values in columns.items():
        if len(values) != rows:
            reason = f"holds {len(values)} values for {rows} accounts"
            raise ParameterError("publishScores", name, reason)
    return pl.DataFrame(columns, schema={name: SCORES[name] for name in columns})
