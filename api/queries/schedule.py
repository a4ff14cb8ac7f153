"""The schedule: which jobs run when, and how their last runs ended."""

import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.job import ScheduledJob


@strawberry.type
class ScheduleQueries:
    """Root fields on the schedule."""

    @strawberry.field(
        description="The entries of the schedule, by name; empty until a scheduler was started. "
        "The history of one is jobRuns(entry: name).",
        extensions=[RequireScope(Scope.READ)],
    )
    async def schedule(self, info: Info) -> list[ScheduledJob]:
        """The entries."""
        frame = await info.context.backend.reader.read("lookups/api_schedule")
        return [ScheduledJob(**row) for row in frame.iter_rows(named=True)]
