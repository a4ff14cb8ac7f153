"""Keeps the JobRun of every run, and tidies up after processes that were killed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from graphdatascience import GraphDataScience

from core.schema import RunState
from cypher import infrastructure, leases
from cypher.leases import PROJECTION, Lease, is_alive
from gds_jobs.job import JobReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.graph import Graph
    from gds_jobs.job import Parameters, Policy, RunSpec
    from gds_jobs.windows import Range


@dataclass(frozen=True, slots=True)
class Record:
    """One run on its way: recorded as `writing` from `begin` until `end`.

    Attributes:
        graph: not under the run's lease: a run that lost it still says so.
        attempt: 1, or more where earlier ones failed for a reason that may have passed.
    """

    graph: Graph
    job: str
    network: str
    policy: Policy
    lease: Lease | None = None
    attempt: int = 1
    id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:12]}")
    started: float = field(default_factory=time.monotonic)

    def begin(
        self,
        version: str,
        spec: RunSpec,
        covered: Range,
        parameters: Parameters,
        limit_seconds: float,
    ) -> None:
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
            window=spec.window,
            window_start=covered.start,
            window_end=covered.end,
            as_of=spec.as_of,
            infra_list=infrastructure.digest(self.graph, self.network),
            parameters=json.dumps(dict(parameters), sort_keys=True),
            owner=leases.own_name(),
            lease=None if self.lease is None else self.lease.name,
            token=None if self.lease is None else self.lease.token,
            attempt=self.attempt,
            entry=self.policy.entry,
            due=self.policy.due,
            limit_seconds=limit_seconds,
        )

    def end(
        self,
        state: RunState,
        nodes: int = 0,
        error: str | None = None,
        results: Mapping[str, object] | None = None,
        rows_in: int | None = None,
        *,
        waited_seconds: float = 0.0,
    ) -> JobReport:
        """Write how the run ended; one that lost its lease has failed, whatever it believes.

        `gds.*.write` and chunked writes are not one transaction: a run that failed may have
        written some accounts, and says so only by its state.
        """
        seconds = round(time.monotonic() - self.started - waited_seconds, 3)
        ended = self.graph.write(
            "writes/job_run_end",
            id=self.id,
            state=state.value,
            rows_in=rows_in,
            rows_out=nodes,
            seconds=seconds,
            error=error,
            results=None if results is None else json.dumps(results, sort_keys=True, default=str),
        )
        if ended.is_empty():
            state, nodes = RunState.FAILED, 0
            error = error or "Its lease was lost: another process took over."
            self.graph.write("writes/job_run_abandon", id=self.id, error=error)
        return JobReport(self.job, state, nodes, seconds, self.id, self.network, error)


def client(graph: Graph) -> GraphDataScience:
    """GDS over the same connections."""
    return GraphDataScience(graph.driver, arrow=False, show_progress=False)


def tidy(graph: Graph, gds: GraphDataScience) -> None:
    """Clear up after processes that are gone.

    Their leases are free again, their runs have failed, their transactions are ended, and their
    projections are dropped.
    """
    # Listed first: a projection that is there now belongs to a run that is recorded by now.
    projections = [str(projection.graph_name) for projection in gds.graph.list()]
    leases.break_dead(graph)
    alive = set()
    columns = ("id", "owner", "overdue", "leased", "held")
    for run, owner, overdue, leased, held in (
        graph.read("lookups/job_run_writing").select(columns).iter_rows()
    ):
        if held if leased else is_alive(owner, overdue=overdue):
            alive.add(run)
            continue
        error = "The process that ran it ended without finishing; some accounts may be written."
        graph.write("writes/job_run_abandon", id=run, error=error)
        leases.end_transactions(graph, run)
    for name in projections:
        if name.startswith(PROJECTION) and alive.isdisjoint(
            name.removeprefix(PROJECTION).split("+")
        ):
            gds.graph.drop(name, fail_if_missing=False)


def _text(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat()
