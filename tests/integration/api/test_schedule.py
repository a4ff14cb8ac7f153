"""The schedule by GraphQL: status, history, triggering, and who may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gds_jobs.clock import Clock
from gds_jobs.entries import Entry
from gds_jobs.schedule import Scheduler, Settings

if TYPE_CHECKING:
    from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

TRIGGER = """mutation { triggerScheduledJob(name: "nightly") { name asked enabled } }"""
SCHEDULE = "{ schedule { name trigger jobs enabled next asked due owner last lastState } }"
HISTORY = """{ jobRuns(entry: "nightly", first: 5) { edges { node {
  job state entry due attempt leaseOwner rowsIn rowsOut window version key } } } }"""
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def enable(enabled: str, name: str = "nightly") -> str:
    chosen = f'name: "{name}", enabled: {enabled}'
    return f"mutation {{ enableScheduledJob({chosen}) {{ name enabled }} }}"


async def test_status_trigger_and_history(client: Client) -> None:
    entry = Entry("nightly", Clock(cron="0 2 * * *"), ("flows",))
    scheduler = Scheduler(client.graph, [entry], Settings(now=lambda: NOON))
    scheduler.sync()
    (shown,) = (await client.data(SCHEDULE))["schedule"]
    assert (shown["trigger"], shown["jobs"]) == ("cron 0 2 * * *", ["flows"])
    assert datetime.fromisoformat(shown["next"]) == NOON + timedelta(hours=14)
    assert (shown["asked"], shown["due"], shown["lastState"]) == (None, None, None)
    # An entry that does not run in its turn still runs when it is asked to.
    disabled = (await client.data(enable("false"), scope="run"))["enableScheduledJob"]
    assert disabled == {"name": "nightly", "enabled": False}
    asked = (await client.data(TRIGGER, scope="run"))["triggerScheduledJob"]
    assert asked["asked"]
    (event,) = scheduler.once()
    assert [report.error for report in event.reports] == [None]
    assert scheduler.once() == []
    (shown,) = (await client.data(SCHEDULE))["schedule"]
    assert (shown["asked"], shown["owner"], shown["lastState"]) == (None, None, "sealed")
    assert shown["last"] == asked["asked"]
    ((run,),) = [edge.values() for edge in (await client.data(HISTORY))["jobRuns"]["edges"]]
    assert (run["job"], run["state"], run["attempt"]) == ("flows", "sealed", 1)
    assert (run["entry"], run["due"], run["rowsIn"]) == ("nightly", asked["asked"], 182)
    assert (run["rowsOut"], run["window"]) == (event.reports[0].nodes, None)


async def test_only_those_who_may_run_change_the_schedule(client: Client) -> None:
    for mutation in (TRIGGER, enable("true")):
        error = await client.error(mutation)
        assert error["extensions"]["code"] == "FORBIDDEN"
    error = await client.error(enable("true", "nothing"), scope="run")
    assert error["extensions"]["code"] == "NOT_FOUND"
