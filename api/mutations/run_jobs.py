"""`runJobs`: runs graph jobs inside the database."""

from functools import partial

import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.scalars import Long
from core.errors import ParameterError
from core.times import parse_duration, parse_instant
from gds_jobs.job import RunSpec


@strawberry.input(description="Which jobs run, and on what part of the ledger.")
class RunJobsInput:
    """The jobs."""

    names: list[str]
    network: str | None = strawberry.field(
        default=None, description="Every network of the graph, one by one, if none is given."
    )
    as_of: str | None = strawberry.field(
        default=None, description="No transfer at or after it is read; ISO 8601."
    )
    window: str | None = strawberry.field(
        default=None, description="Reads only the last span before asOf, such as 30d."
    )


@strawberry.type(description="How one job ended on one network.")
class JobReport:
    """One report."""

    job: str
    state: str
    nodes: Long
    seconds: float
    run: strawberry.ID
    network: str
    error: str | None


@strawberry.type
class RunJobs:
    """The mutation."""

    @strawberry.mutation(
        description="Runs graph jobs one after the other; a failed one does not stop the rest.",
        extensions=[RequireScope(Scope.RUN)],
    )
    async def run_jobs(
        self,
        info: Info,
        input: RunJobsInput,  # noqa: A002
    ) -> list[JobReport]:
        """Run, and report on each."""
        if not input.names:
            raise ParameterError("runJobs", "names", "is empty", "Name at least one job.")
        spec = RunSpec(
            network=input.network,
            as_of=parse_instant(input.as_of, "runJobs") if input.as_of else None,
            window=parse_duration(input.window, "runJobs") if input.window else None,
        )
        backend = info.context.backend
        graph = backend.graph.on_behalf_of("runJobs")
        work = partial(backend.actions.run_jobs, graph, input.names, spec)
        return [
            JobReport(
                job=report.job,
                state=report.state,
                nodes=Long(report.nodes),
                seconds=report.seconds,
                run=strawberry.ID(report.run),
                network=report.network,
                error=report.error,
            )
            for report in await backend.in_thread(work, long=True)
        ]
