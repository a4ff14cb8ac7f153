"""The scheduler on the real database: once, in turn, repeated when it was killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import neo4j
from graphdatascience import GraphDataScience

from core.errors import GraphError
from core.schema import RunState
from cypher import leases
from cypher.leases import Lease
from gds_jobs.clock import Clock
from gds_jobs.entries import Entry
from gds_jobs.job import Outcome, Policy, Task
from gds_jobs.run import run
from gds_jobs.schedule import Scheduler, Settings
from tests.integration.gds_jobs import blocked_jobs
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph
    from gds_jobs.job import Context

LEDGER = ["a b 1 1d", "b c 2 2d", "a b 3 3d", "c a 4 3d asset=gold"]
ROOT = Path(__file__).resolve().parents[3]
START = datetime(2024, 1, 10, 2, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Counting:
    """A task that counts its runs and does what it is told."""

    ledgers: list[str] = field(default_factory=list)
    failures: int = 0

    def work(self, context: Context) -> Outcome:
        self.ledgers.append(context.network)
        if self.failures:
            self.failures -= 1
            text = "the leader changed"
            raise GraphError(text) from neo4j.exceptions.TransientError(text)
        return Outcome(7)

    def tasks(self, *names: str) -> dict[str, Task]:
        return {name: Task("Counts.", self.work, by_default=False) for name in names}


@dataclass
class Hands:
    """A clock that a test moves."""

    time: datetime = START

    def now(self) -> datetime:
        return self.time


def rows(graph: Graph, query: str) -> list[list[Any]]:
    with graph.driver.session() as session:
        return session.run(query).values()


def job_runs(graph: Graph) -> list[dict[str, Any]]:
    return [
        row[0] for row in rows(graph, "MATCH (r:JobRun) RETURN properties(r) ORDER BY r.started")
    ]


def nothing_is_left(graph: Graph) -> bool:
    gds = GraphDataScience(graph.driver, arrow=False, show_progress=False)
    return not gds.graph.list() and graph.read("lookups/leases_held").is_empty()


def scheduler(graph: Graph, entry: Entry, hands: Hands, counting: Counting) -> Scheduler:
    more = counting.tasks("one", "two")
    return Scheduler(graph, [entry], Settings(more=more, now=hands.now, backoff_seconds=0.1))


def hourly(*jobs: str, catch_up: timedelta = 3 * HOUR) -> Entry:
    return Entry("pipeline", Clock(interval="1h"), jobs, catch_up=catch_up, attempts=2)


def test_a_pipeline_runs_once_for_each_fire_time(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    write_ledger(clean_graph, ["x y 1 1d"], network="other")
    hands, counting = Hands(), Counting()
    made = scheduler(clean_graph, hourly("two", "one"), hands, counting)
    made.sync()
    assert made.once() == []
    hands.time = START.replace(hour=3, minute=0)
    (event,) = made.once()
    assert (event.what, event.due, event.state) == ("ended", hands.time, RunState.SEALED)
    assert [(r.job, r.network) for r in event.reports] == [
        ("two", "case"), ("one", "case"), ("two", "other"), ("one", "other"),
    ]  # fmt: skip
    assert made.once() == []
    recorded = job_runs(clean_graph)
    assert {(r["entry"], r["due"].to_native(), r["attempt"]) for r in recorded} == {
        ("pipeline", hands.time, 1)
    }
    assert all(r["lease_owner"] == leases.own_name() and r["rows_out"] == 7 for r in recorded)
    assert [r["rows_in"] for r in recorded] == [4, 4, 1, 1]
    # Three more fire times are missed: one run. Then far too many: none, but a record.
    hands.time += 3 * HOUR + timedelta(minutes=5)
    (event,) = made.once()
    assert event.due == START.replace(hour=6, minute=0)
    assert len(counting.ledgers) == 8
    late = scheduler(clean_graph, hourly("two", catch_up=timedelta(minutes=1)), hands, counting)
    hands.time += 5 * HOUR
    (event,) = late.once()
    assert (event.what, event.state) == ("skipped", RunState.SKIPPED)
    assert len(counting.ledgers) == 8
    assert job_runs(clean_graph)[-1]["state"] == "skipped"
    assert late.once() == []
    assert nothing_is_left(clean_graph)


def test_what_builds_on_a_failed_job_is_not_begun_and_the_others_are(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    hands, counting = Hands(), Counting()

    def broken(_context: Context) -> Outcome:
        message = "no luck"
        raise RuntimeError(message)

    more = {
        "bad": Task("Fails.", broken),
        "next": Task("Counts.", counting.work, after=("bad",)),
        "last": Task("Counts.", counting.work, after=("next",)),
        "free": Task("Counts.", counting.work),
    }
    entry = hourly("pagerank", "bad", "last", "next", "degree", "wcc", "free")
    made = Scheduler(clean_graph, [entry], Settings(more=more, now=hands.now))
    made.sync()
    hands.time += HOUR
    (event,) = made.once()
    states = [(report.job, str(report.state)) for report in event.reports]
    # `last` is listed before what it comes after, and runs; `degree` and `wcc` share a projection.
    assert states == [
        ("flows", "sealed"), ("pagerank", "sealed"), ("bad", "failed"), ("last", "sealed"),
        ("next", "skipped"), ("degree", "sealed"), ("wcc", "sealed"), ("free", "sealed"),
    ]  # fmt: skip
    assert (event.state, event.error) == (RunState.FAILED, "bad: RuntimeError: no luck")
    why = "It builds on bad, which did not end well."
    recorded = {run["job"]: run for run in job_runs(clean_graph)}
    assert (recorded["next"]["state"], recorded["next"]["error"]) == ("skipped", why)
    # The next attempt begins with what was left, and not begun is not done.
    done = clean_graph.read("lookups/schedule_done", entry="pipeline", due=event.due)
    assert {"bad", "next"}.isdisjoint(done["job"])
    assert nothing_is_left(clean_graph)


def test_what_is_still_going_on_is_not_begun_again(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    hands, counting = Hands(), Counting()
    made = scheduler(clean_graph, hourly("one"), hands, counting)
    made.sync()
    other = leases.take(clean_graph, "schedule|pipeline")
    hands.time += HOUR
    (event,) = made.once()
    assert (event.what, counting.ledgers) == ("skipped", [])
    (record,) = job_runs(clean_graph)
    assert (record["state"], record["error"]) == ("skipped", "The run is still going on.")
    assert made.run_now("pipeline").error == "Its run is still going on."
    assert isinstance(other, Lease)
    clean_graph.write("writes/lease_release", name=other.name, token=other.token)
    assert made.run_now("pipeline").state == RunState.SEALED


def test_run_beside_the_schedule_is_skipped_with_the_reason(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    leases.take(clean_graph, "activity|case", owner="elsewhere 7 0.00")
    (report,) = run(clean_graph, ["activity"])
    assert report.state == RunState.SKIPPED
    assert report.error == "It is being done by another process (elsewhere 7 0.00)."
    assert job_runs(clean_graph)[0]["error"] == report.error


def test_a_run_cut_short_goes_on_where_it_was(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    hands, counting = Hands(), Counting()
    made = scheduler(clean_graph, hourly("one", "two"), hands, counting)
    made.sync()
    due = START.replace(hour=3, minute=0)
    following = due + HOUR
    begin = {"name": "pipeline", "due": due, "attempt": 1, "next": following}
    clean_graph.write("writes/schedule_begin", **begin)
    policy = Policy(entry="pipeline", due=due)
    run(clean_graph, ["one"], more=counting.tasks("one"), policy=policy)
    hands.time = due + timedelta(minutes=10)
    (event,) = made.once()
    assert [(report.job, report.state) for report in event.reports] == [("two", "sealed")]
    clean_graph.write("writes/schedule_begin", **begin | {"attempt": 2})
    (event,) = made.once()
    assert (event.what, event.error) == ("given up", "Its process ended half-way 2 times.")
    assert made.once() == []


def test_transient_failures_are_tried_again_and_others_are_not(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    counting = Counting(failures=2)
    policy = Policy(attempts=3, backoff_seconds=0.05)
    (report,) = run(clean_graph, ["one"], more=counting.tasks("one"), policy=policy)
    assert report.state == RunState.SEALED
    assert [(r["attempt"], r["state"]) for r in job_runs(clean_graph)] == [
        (1, "failed"), (2, "failed"), (3, "sealed"),
    ]  # fmt: skip

    def broken(_context: Context) -> Outcome:
        message = "no luck"
        raise RuntimeError(message)

    (report,) = run(clean_graph, ["bad"], more={"bad": Task("Fails.", broken)}, policy=policy)
    assert (report.state, job_runs(clean_graph)[-1]["attempt"]) == (RunState.FAILED, 1)


def test_a_job_past_its_limit_ends_with_its_projection_and_lease(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    run(clean_graph, ["flows"])

    def endless(context: Context) -> Outcome:
        name = leases.PROJECTION + context.run
        context.gds.graph.project.native(name, "Account", "FLOW", log_progress=False)
        while True:
            context.graph.write("writes/checkpoint_lock", network="case")

    began = time.monotonic()
    more = {"endless": Task("Never ends.", endless, limit_seconds=1.0)}
    (report,) = run(clean_graph, ["endless"], more=more)
    assert report.state == RunState.FAILED
    assert "limit of 1 s" in str(report.error)
    assert time.monotonic() - began < 30
    run(clean_graph, ["flows"])  # what the task itself left is tidied by the next run
    assert nothing_is_left(clean_graph)


def test_a_stopped_scheduler_leaves_its_run_to_the_next(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    begun, stop = threading.Event(), threading.Event()

    def endless(context: Context) -> Outcome:
        begun.set()
        while True:
            context.graph.read("lookups/leases_held")

    hands, counting = Hands(), Counting()
    entry = hourly("one")
    first = Scheduler(
        clean_graph, [entry], Settings(more={"one": Task("Never ends.", endless)}, now=hands.now)
    )
    first.sync()
    hands.time += HOUR
    thread = threading.Thread(target=first.forever, args=(stop,))
    thread.start()
    assert begun.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert "was stopped" in job_runs(clean_graph)[-1]["error"]
    (event,) = scheduler(clean_graph, entry, hands, counting).once()
    assert (event.state, len(counting.ledgers)) == (RunState.SEALED, 1)
    assert job_runs(clean_graph)[-1]["attempt"] == 1
    assert nothing_is_left(clean_graph)


def test_half_of_the_jobs_are_killed_and_nothing_is_left(
    clean_graph: Graph, password: str, tmp_path: Path
) -> None:
    write_ledger(clean_graph, LEDGER)
    run(clean_graph, ["flows"])
    half = blocked_jobs.JOBS
    everyone = blocked_jobs.entries(0) + blocked_jobs.entries(half)
    Scheduler(clean_graph, everyone).sync()
    secret = tmp_path / "password"
    secret.write_text(password, encoding="utf-8")
    script = [sys.executable, "-m", "tests.integration.gds_jobs.blocked_jobs"]
    killed = subprocess.Popen(
        [*script, clean_graph.uri, clean_graph.user, str(secret), "0"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    spared = blocked_jobs.Blocked(clean_graph, half)
    spared.begin()
    assert killed.stdout is not None
    assert killed.stdout.readline() == "ready\n"
    gds = GraphDataScience(clean_graph.driver, arrow=False, show_progress=False)
    assert len(gds.graph.list()) == 2 * half
    assert clean_graph.read("lookups/leases_held").height == 4 * half
    killed.kill()
    killed.communicate()
    spared.end()
    assert clean_graph.read("lookups/leases_held").height == 2 * half
    more = {**blocked_jobs.tasks(0, lambda: None), **blocked_jobs.tasks(half, lambda: None)}
    events = Scheduler(clean_graph, everyone, Settings(more=more)).once()
    assert {(event.entry, event.state) for event in events} == {
        (f"blocked_{number}", RunState.SEALED) for number in range(half)
    }
    assert nothing_is_left(clean_graph)
    ended = [(r["job"], r["state"]) for r in job_runs(clean_graph) if r.get("entry")]
    assert sorted(ended) == sorted(
        [(f"blocked_{number}", "failed") for number in range(half)]
        + [(f"blocked_{number}", "sealed") for number in range(2 * half)]
    )
