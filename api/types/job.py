"""Graph jobs and their runs."""

from datetime import datetime

import strawberry

from api.types.scalars import Long


@strawberry.type(description="A graph job that runs inside the database.")
class Job:
    """One job."""

    name: str
    summary: str


@strawberry.type(description="One run of a graph job on one network.")
class JobRun:
    """One run; its fields are the columns of `lookups/api_job_runs`."""

    id: strawberry.ID
    job: str
    state: str = strawberry.field(description="writing, sealed, failed or skipped.")
    network: str | None
    asset: str | None
    as_of: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    nodes: Long | None = strawberry.field(description="Accounts written.")
    seconds: float | None
    error: str | None
    started: datetime | None
    finished: datetime | None
