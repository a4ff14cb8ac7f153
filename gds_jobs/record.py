"""Keeps the JobRun of every run, and tidies up after processes that were killed."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from core.schema import RunState
from gds_jobs.job import JobReport
from gds_jobs.projection import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphdatascience import GraphDataScience

    from cypher.graph import Graph
    from gds_jobs.job import Parameters, RunSpec
    from gds_jobs.windows import Range

LIMIT_SECONDS = 3600.0
"""A run of another machine that has not ended after this long counts as dead."""


@dataclass(frozen=True, slots=True)
class Record:
    """One run on its way: recorded as `writing` from `begin` until `end`."""

    graph: Graph
    job: str
    network: str
    id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:12]}")
    started: float = field(default_factory=time.monotonic)

    def begin(self, version: str, spec: RunSpec, covered: Range, parameters: Parameters) -> None:
        """Write the JobRun, before anything else is written."""
        ends = (covered.start, covered.end)
        self.graph.write(
            "writes/job_run_begin",
            id=self.id,
            job=self.job,
            version=version,
            network=self.network,
            key="|".join([self.job, self.network, spec.asset or "*", *map(_text, ends)]),
            asset=spec.asset,
            window_start=covered.start,
            window_end=covered.end,
            as_of=spec.as_of,
            parameters=json.dumps(dict(parameters), sort_keys=True),
            owner=_own_name(),
            limit_seconds=LIMIT_SECONDS,
        )

    def end(
        self,
        state: RunState,
        nodes: int = 0,
        error: str | None = None,
        results: Mapping[str, object] | None = None,
    ) -> JobReport:
        """Write how the run ended.

        `gds.*.write` and chunked writes are not one transaction: a run that failed may have
        written some accounts, and says so only by its state.
        """
        seconds = round(time.monotonic() - self.started, 3)
        self.graph.write(
            "writes/job_run_end",
            id=self.id,
            state=state.value,
            rows_out=nodes,
            seconds=seconds,
            error=error,
            results=None if results is None else json.dumps(results, sort_keys=True, default=str),
        )
        return JobReport(self.job, state, nodes, seconds, self.id, self.network, error)


def tidy(graph: Graph, gds: GraphDataScience) -> None:
    """Fail the runs whose process is gone, and drop the projections that no live run owns."""
    writing = graph.read("lookups/job_run_writing")
    alive = set()
    for run, owner, overdue in writing.select("id", "owner", "overdue").iter_rows():
        if _is_alive(owner, overdue=overdue):
            alive.add(run)
            continue
        error = "The process that ran it ended without finishing; some accounts may be written."
        graph.write(
            "writes/job_run_end", id=run, state=RunState.FAILED.value, seconds=0.0, error=error
        )
    for projection in gds.graph.list():
        name = str(projection.graph_name)
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in alive:
            gds.graph.drop(name, fail_if_missing=False)


def _own_name() -> str:
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.2f}"


def _is_alive(owner: str, *, overdue: bool) -> bool:
    host, pid, created = owner.rsplit(" ", 2)
    if host != socket.gethostname():
        return not overdue
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == created
    except psutil.NoSuchProcess:
        return False


def _text(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat()
