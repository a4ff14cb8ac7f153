"""A scheduler with four jobs that hold a projection each and wait for a word; a test kills it.

Arguments: address, user, file of the password, first number of its jobs. It says `ready` when all
four hold their projections.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cypher.graph import Graph
from cypher.leases import PROJECTION
from gds_jobs.clock import Clock
from gds_jobs.entries import Entry
from gds_jobs.job import Outcome, Task
from gds_jobs.schedule import Scheduler, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gds_jobs.job import Context

JOBS = 4


def entries(first: int) -> list[Entry]:
    """Entries that are asked for, not awaited."""
    names = [f"blocked_{number}" for number in range(first, first + JOBS)]
    clock = Clock(cron="0 0 1 1 *")
    return [Entry(name, clock, (name,), catch_up=timedelta(days=400)) for name in names]


def tasks(first: int, wait: Callable[[], None]) -> Mapping[str, Task]:
    """Each projects the graph, waits, and counts itself done on every account."""

    def work(context: Context) -> Outcome:
        name = PROJECTION + context.run
        context.gds.graph.project.native(name, "Account", "FLOW", log_progress=False)
        try:
            wait()
            accounts = context.graph.read("lookups/job_run_accounts", network=context.network)
            context.graph.write(
                "writes/account_properties",
                accounts=accounts["account"],
                properties=[{"done": 1}] * accounts.height,
            )
            return Outcome(accounts.height)
        finally:
            context.gds.graph.drop(name, fail_if_missing=False)

    return {entry.name: Task("Waits.", work, by_default=False) for entry in entries(first)}


@dataclass
class Blocked:
    """Four runs under way, each in a thread of its own."""

    graph: Graph
    first: int
    ready: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)
    runs: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Start them; they hold their projections when this returns."""
        settings = Settings(workers=JOBS, more=tasks(self.first, self._wait))
        scheduler = Scheduler(self.graph, entries(self.first), settings)
        self.runs += [
            threading.Thread(target=scheduler.run_now, args=(name,)) for name in scheduler.entries
        ]
        for run in self.runs:
            run.start()
        for _ in self.runs:
            self.ready.acquire()

    def end(self) -> None:
        """Let them go on to their end."""
        self.go.set()
        for run in self.runs:
            run.join()

    def _wait(self) -> None:
        self.ready.release()
        self.go.wait()


def main(uri: str, user: str, password_file: str, first: str) -> None:
    password = Path(password_file).read_text(encoding="utf-8").strip()
    with Graph.connect(uri, user, password) as graph:
        Blocked(graph, int(first)).begin()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
