from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.errors import FormatError, MissingPathError
from gds_jobs import catalog
from gds_jobs.entries import Entry, read_entries
from gds_jobs.job import Outcome, RunSpec, Task

if TYPE_CHECKING:
    from pathlib import Path

DUE = datetime(2024, 3, 1, 4, tzinfo=UTC)


def read(tmp_path: Path, text: str) -> list[Entry]:
    path = tmp_path / "schedule.yaml"
    path.write_text(text, encoding="utf-8")
    return read_entries(path, {"mine": Task("Mine.", lambda _: Outcome())})


def test_every_key_is_read(tmp_path: Path) -> None:
    text = """
full:
  interval: 15m
  jobs: [mine, wcc, pagerank]
  network: ethereum
  asset: ethereum:ETH
  window: 30d
  as_of: due
  parameters: {pagerank: {weight: count}}
  time_limit: 10m
  catch_up: 1h
  attempts: 5
  enabled: false
month:
  cron: 0 4 1 * *
  jobs: [wcc]
  window: past month
"""
    full, month = read(tmp_path, text)
    assert (full.jobs, full.clock.text) == (("mine", "wcc", "pagerank"), "every 15m")
    assert (full.time_limit, full.catch_up) == (timedelta(minutes=10), timedelta(hours=1))
    assert (full.attempts, full.enabled) == (5, False)
    parameters = {"pagerank": {"weight": "count"}}
    assert full.spec("ethereum", DUE) == RunSpec(
        "ethereum", "ethereum:ETH", DUE, timedelta(days=30), parameters
    )
    # February of a leap year: from its first day up to the first of March.
    first = datetime(2024, 3, 1, tzinfo=UTC)
    assert month.spec("x", DUE) == RunSpec("x", None, first, timedelta(days=29))
    assert month.spec("x", DUE.replace(year=2023)).window == timedelta(days=28)


def test_a_group_stands_for_its_jobs_and_no_job_comes_twice(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, "a: {interval: 1h, jobs: [flows, wcc, features, algorithms, mine]}")
    groups = catalog.groups()
    assert "leiden" not in groups["algorithms"]  # not by default
    others = [name for name in groups["algorithms"] if name != "wcc"]
    assert list(entry.jobs) == ["flows", "wcc", *groups["features"], *others, "mine"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no entries"),
        ("- a", "no entries"),
        ("a: [", "schedule"),
        ("a: 1", "not a mapping"),
        ("a b: {interval: 1h, jobs: [wcc]}", "letters"),
        ("a: {jobs: [wcc]}", "either 'cron' or 'interval'"),
        ("a: {interval: 1h}", "list of jobs"),
        ("a: {interval: 1h, jobs: [no_such_job]}", "no job 'no_such_job'"),
        ("a: {interval: 1h, jobs: [wcc], parameters: {no_such_job: {}}}", "no job"),
        ("a: {interval: 1h, jobs: [wcc], colour: red}", "'colour' is unknown"),
        ("a: {interval: 1h, jobs: [wcc], window: soon}", "not a span"),
        ("a: {interval: 1h, jobs: [wcc], as_of: never}", "'as_of'"),
        ("a: {interval: 1h, jobs: [wcc], attempts: 0}", "'attempts'"),
        ("a: {interval: 60, jobs: [wcc]}", "must be text"),
        ("a: {cron: 0 0 31 2 *, jobs: [wcc]}", "never comes"),
    ],
)
def test_what_is_wrong_is_told_with_its_entry(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        read(tmp_path, text)
    assert reason in str(caught.value)
    assert "schedule.yaml" in str(caught.value)


def test_a_schedule_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        read_entries(tmp_path / "none.yaml")
