from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api.actions import jobs_by_default, own_jobs
from api.commands.schedule import DEFAULT, _show
from core.schema import RunState
from cypher import features
from gds_jobs.entries import read_entries
from gds_jobs.job import JobReport
from gds_jobs.schedule import Event

if TYPE_CHECKING:
    import pytest

NIGHT = datetime(2024, 3, 1, tzinfo=UTC)  # a Friday


def test_the_default_schedule_is_that_of_the_specification() -> None:
    entries = {entry.name: entry for entry in read_entries(DEFAULT, own_jobs())}
    following = {name: f"{entry.clock.after(NIGHT):%d %H:%M}" for name, entry in entries.items()}
    assert following == {
        "patterns_1d": "01 00:05",
        "patterns_7d": "01 00:15",
        "patterns_30d": "01 02:30",
        "patterns_90d": "03 03:00",
        "daily_analytics": "01 02:00",
        "monthly_anomaly_table": "01 04:00",
        "retention": "01 06:00",
    }
    daily = entries["daily_analytics"].jobs
    assert set(features.families()) < set(daily)  # a new family comes along
    # By name: all that runs by default where nobody chooses, but what the windows run.
    assert set(jobs_by_default()) - set(daily) == {"patterns", "alerts", "alert_clusters"}
    assert daily.index("novelty") == len(daily) - 1
    month = entries["monthly_anomaly_table"].spec("any", NIGHT.replace(hour=4))
    assert (month.as_of, month.window) == (NIGHT, NIGHT - NIGHT.replace(month=2))


def test_what_was_skipped_and_what_failed_say_why(capsys: pytest.CaptureFixture[str]) -> None:
    reports = tuple(
        JobReport(job, state, 0, 0.0, "run", "case", f"{job} is why")
        for job, state in (("wcc", RunState.SKIPPED), ("khop", RunState.FAILED))
    )
    _show(Event("ended", "nightly", None, RunState.FAILED, "khop: khop is why", reports))
    told = " ".join(capsys.readouterr().err.split())
    assert "wcc on case: skipped, 0 nodes: wcc is why" in told
    assert told.count("khop is why") == 1
