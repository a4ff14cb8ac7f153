"""Jobs, models and their runs."""

import json
from collections.abc import Callable
from typing import TypeVar, cast

import polars as pl
import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.agreement import Agreement
from api.types.job import Job, JobRun
from api.types.page import (
    DEFAULT_PAGE,
    Connection,
    Edge,
    decode_cursor,
    paginate,
)
from api.types.scalars import milliseconds
from api.types.score import Model, ScoreRun

Run = TypeVar("Run", JobRun, ScoreRun)


@strawberry.type
class RunQueries:
    """Root fields on jobs, models and runs."""

    @strawberry.field(description="Every graph job.", extensions=[RequireScope(Scope.READ)])
    async def jobs(self, info: Info) -> list[Job]:
        """The jobs, by name."""
        backend = info.context.backend
        found = await backend.in_thread(backend.actions.job_summaries)
        return [Job(name=name, summary=summary) for name, summary in sorted(found.items())]

    @strawberry.field(
        description="Runs of graph jobs, newest first.", extensions=[RequireScope(Scope.READ)]
    )
    async def job_runs(
        self,
        info: Info,
        job: str | None = None,
        entry: str | None = None,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[JobRun]:
        """A page of job runs."""
        size = info.context.page_size(first)
        started, last = _place(after, "job-runs")
        frame = await info.context.backend.reader.read(
            "lookups/api_job_runs",
            job=job,
            entry=entry,
            started=started,
            after=last,
            limit=size + 1,
        )
        return _page(frame, JobRun, "job-runs", size)

    @strawberry.field(
        description="Score runs, newest first.", extensions=[RequireScope(Scope.READ)]
    )
    async def score_runs(
        self,
        info: Info,
        model: str | None = None,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Connection[ScoreRun]:
        """A page of score runs."""
        size = info.context.page_size(first)
        started, last = _place(after, "score-runs")
        frame = await info.context.backend.reader.read(
            "lookups/api_score_runs", model=model, started=started, after=last, limit=size + 1
        )
        return _page(frame, ScoreRun, "score-runs", size)

    @strawberry.field(
        description="One score run; null where there is none.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def score_run(self, info: Info, id: strawberry.ID) -> ScoreRun | None:  # noqa: A002
        """One score run."""
        return await read_score_run(info, str(id))

    @strawberry.field(
        description="How far the detectors of the newest, or one, anomaly run agree; null without.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def agreement(
        self, info: Info, network: str | None = None, run: strawberry.ID | None = None
    ) -> Agreement | None:
        """The report of a run of the job `anomaly`."""
        frame = await info.context.backend.reader.read(
            "lookups/job_results", job="anomaly", network=network, run=run
        )
        for row in frame.iter_rows(named=True):
            told = json.loads(row["results"]).get("agreement")
            if told is not None:
                return Agreement.of(row["run"], row["network"], row["as_of"], told)
        return None

    @strawberry.field(
        description="Every model that was ever published, with its active run.",
        extensions=[RequireScope(Scope.READ)],
    )
    async def models(self, info: Info) -> list[Model]:
        """The models, by name."""
        found = await info.context.models()
        return [
            Model(name=name, active_run=None if run is None else strawberry.ID(run))
            for name, run in sorted(found.items())
        ]


async def read_score_run(info: Info, run: str) -> ScoreRun | None:
    """One score run, or None."""
    frame = await info.context.backend.reader.read("lookups/api_score_runs", run=run, limit=1)
    return next((ScoreRun(**row) for row in frame.iter_rows(named=True)), None)


def _place(after: str | None, order: str) -> tuple[int | None, str | None]:
    if after is None:
        return None, None
    return cast("tuple[int, str]", tuple(decode_cursor(after, order, int, str)))


def _page(frame: pl.DataFrame, kind: Callable[..., Run], order: str, size: int) -> Connection[Run]:
    runs = [kind(**row) for row in frame.iter_rows(named=True)]
    edges = [Edge(node=run, place=(order, milliseconds(run.started) or 0, run.id)) for run in runs]
    page, end = paginate(edges, size)
    return Connection(edges=page, page_info=end)
