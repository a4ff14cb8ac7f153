"""The demo says which of its jobs failed, and why."""

from __future__ import annotations

from api.commands.demo import trouble
from core.schema import RunState
from gds_jobs.job import JobReport


def report(job: str, state: RunState, error: str | None = None) -> JobReport:
    return JobReport(job, state, 0, 0.1, "run", "demo", error)


def test_failures_and_what_was_left_out_are_told() -> None:
    slow = report("patterns", RunState.SEALED, "Took too long and is left out: wash_loop.")
    broken = report("alerts", RunState.FAILED, "The database is gone.")
    fine = report("entities", RunState.SEALED)
    assert trouble([slow, broken, fine]) == {
        "failed": ["alerts"],
        "notes": {"patterns": slow.error, "alerts": broken.error},
    }
    assert trouble([fine]) == {}
