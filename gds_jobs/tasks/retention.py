"""Removes the records of runs that ended long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ParameterError
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    from gds_jobs.job import Context

BATCH = 1_000
"""Records removed in one transaction."""


def _work(context: Context) -> Outcome:
    days = context.parameters["days"]
    if not isinstance(days, int) or days < 1:
        raise ParameterError("retention", "days", "must be 1 or more")
    removed = 0
    while True:
        answer = context.graph.write(
            "writes/job_runs_remove", network=context.network, days=days, limit=BATCH
        )
        removed += (done := int(answer["removed"][0]))
        context.progress("retention", removed, removed)
        if done < BATCH:
            return Outcome(removed)


JOB = Task(
    summary="Removes JobRuns that ended more than `days` ago, save each job's last of each state.",
    work=_work,
    defaults={"days": 90},
    by_default=False,
)
