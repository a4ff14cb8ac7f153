"""A scheduler with four jobs that hold a projection each and wait for a word; a test kills it.

Arguments: address, user, file of the password, first number of its jobs. It says `ready` when all
four hold their projections, and they go on when a line comes on standard input.
"""

from __future__ import annotations

import sys
import threading
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


def main(uri: str, user: str, password_file: str, first: str) -> None:
    ready, go = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        ready.release()
        go.wait()

    more = tasks(int(first), wait)
    password = Path(password_file).read_text(encoding="utf-8").strip()
    with Graph.connect(uri, user, password) as graph:
        scheduler = Scheduler(graph, entries(int(first)), Settings(workers=JOBS, more=more))
        runs = [
            threading.Thread(target=scheduler.run_now, args=(name,)) for name in scheduler.entries
        ]
        for run in runs:
            run.start()
        for _ in runs:
            ready.acquire()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        go.set()
        for run in runs:
            run.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
