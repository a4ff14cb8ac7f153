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
    version: str | None
    key: str | None
    rows_in: Long | None = strawberry.field(description="What was read.")
    lease_owner: str | None = strawberry.field(description="The process that ran it.")
    attempt: int | None
    entry: str | None = strawberry.field(description="The scheduled job it belongs to.")
    due: datetime | None = strawberry.field(description="When that was due.")
    infra_list: str | None = strawberry.field(description="SHA-256 of the infrastructure's ids.")
    window: str | None = strawberry.field(description="Asked for; an ISO 8601 duration.")
    rows_out: Long | None = strawberry.field(description="What was written, as nodes.")


@strawberry.type(description="An entry of the schedule: jobs in their order, and when they run.")
class ScheduledJob:
    """One entry; its fields are the columns of `lookups/api_schedule`."""

    name: str
    trigger: str = strawberry.field(description="Its cron rule or interval; UTC.")
    jobs: list[str]
    network: str | None
    window: str | None
    time_limit_seconds: float | None = strawberry.field(
        description="Longest time of one job; null is the job's own."
    )
    catch_up_seconds: float = strawberry.field(
        description="For how long a missed run is made up for."
    )
    attempts: int
    enabled: bool
    next: datetime | None
    asked: datetime | None = strawberry.field(description="When a run out of turn was asked for.")
    due: datetime | None = strawberry.field(description="What the run at work was due for.")
    attempt: int | None = strawberry.field(description="Of the run at work.")
    owner: str | None = strawberry.field(description="The process that is at work on it.")
    last: datetime | None = strawberry.field(description="What the last run was due for.")
    last_state: str | None = strawberry.field(description="sealed, failed or skipped.")
    last_error: str | None
    last_begun: datetime | None
    last_finished: datetime | None
    last_success: datetime | None = strawberry.field(description="When a run last ended well.")
