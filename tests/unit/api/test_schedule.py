from __future__ import annotations

from datetime import UTC, datetime

from api.actions import jobs_by_default, own_jobs
from api.commands.schedule import DEFAULT
from cypher import features
from gds_jobs.entries import read_entries

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
