"""`triggerScheduledJob`, `enableScheduledJob`: what can be asked of the scheduler."""

from functools import partial

import strawberry

from api.context import Info
from api.security.keys import Scope
from api.security.scopes import RequireScope
from api.types.job import ScheduledJob
from core.errors import NotFoundError


@strawberry.type
class ScheduleJobs:
    """The mutations."""

    @strawberry.mutation(
        description="Asks for a run out of turn, also of an entry that is not enabled; a scheduler "
        "begins it within seconds, or when the run at work has ended.",
        extensions=[RequireScope(Scope.RUN)],
    )
    async def trigger_scheduled_job(self, info: Info, name: str) -> ScheduledJob:
        """Ask, and show the entry."""
        return await _change(info, "writes/schedule_ask", name=name)

    @strawberry.mutation(
        description="Lets an entry run in its turn, or stops it from doing so; a run at work goes "
        "on. What is missed meanwhile counts as missed when it is enabled again.",
        extensions=[RequireScope(Scope.RUN)],
    )
    async def enable_scheduled_job(self, info: Info, name: str, enabled: bool) -> ScheduledJob:
        """Enable or disable, and show the entry."""
        return await _change(info, "writes/schedule_enable", name=name, enabled=enabled)


async def _change(info: Info, query: str, *, name: str, **parameters: object) -> ScheduledJob:
    backend = info.context.backend
    graph = backend.graph.on_behalf_of("schedule")
    done = await backend.in_thread(partial(graph.write, query, name=name, **parameters))
    if done.is_empty():
        raise NotFoundError("scheduled job", name, "Known are those that 'schedule' lists.")
    frame = await backend.reader.read("lookups/api_schedule", name=name)
    return ScheduledJob(**frame.row(0, named=True))
