"""Runs one job after the other: lease, record, limit, attempts, and what algorithms share."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from core.errors import ExpectedError
from core.schema import RunState
from core.times import window_ms
from cypher import flows, leases
from cypher.graph import is_transient
from cypher.leases import Hold, Lease
from gds_jobs import families
from gds_jobs.catalog import ALGORITHMS, FLOWS, version
from gds_jobs.job import LIMIT_SECONDS, Context, JobReport, Outcome
from gds_jobs.projection import projected
from gds_jobs.record import Record
from gds_jobs.shared import Asked, compute, scope_of, sharing, store
from gds_jobs.windows import Range, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphdatascience import GraphDataScience
    from graphdatascience.graph import Graph as Projection

    from cypher.graph import Graph
    from gds_jobs.job import Parameters, Policy, Progress, RunSpec, Task
    from gds_jobs.projection import Scope


@dataclass(frozen=True, slots=True)
class Runner:
    """What the runs of one call share."""

    graph: Graph
    gds: GraphDataScience
    spec: RunSpec
    parameters: Mapping[str, Parameters]
    progress: Progress
    tasks: Mapping[str, Task]
    policy: Policy
    counted: dict[tuple[str, Range], int] = field(default_factory=dict)

    def run(self, asked: Sequence[str], network: str) -> Iterator[JobReport]:
        """Run jobs on one network, with `flows` before the first that needs it.

        A job that others come `after` and that failed leaves these not begun.
        """
        derived, missing = False, set[str]()
        for group in self._groups(asked):
            if self.policy.within is not None and self.policy.within.reason is not None:
                return
            if self._reads_flow(group[0]) and not flows.are_fresh(self.graph, network):
                if not derived:
                    derived = True
                    yield self._recorded(FLOWS, network)
                if not flows.are_fresh(self.graph, network):
                    why = "FLOW is stale and could not be derived."
                    yield from (self._not_begun(name, network, why) for name in group)
                    missing.update(group)
                    continue
            derived = derived or group == [FLOWS]
            if before := self._before(group[0]) & missing:
                why = f"It builds on {', '.join(sorted(before))}, which did not end well."
                yield self._not_begun(group[0], network, why)
                missing.update(group)
                continue
            if len(group) == 1:
                reports = [self._recorded(group[0], network)]
            else:
                together = self._together(group, network)
                reports = [self._retried(report.job, network, report) for report in together]
            missing.update(report.job for report in reports if report.state == RunState.FAILED)
            yield from reports

    def _groups(self, asked: Sequence[str]) -> Iterator[list[str]]:
        """Jobs in their order; algorithms in a row that one projection serves together."""
        for alike, names in groupby(asked, lambda name: name in ALGORITHMS.names()):
            if alike:
                for group in sharing(self._algorithm(name) for name in names):
                    yield [one.name for one in group]
            else:
                yield from ([name] for name in names)

    def _before(self, name: str) -> set[str]:
        return set(self.tasks[name].after) if name in self.tasks else set()

    def _algorithm(self, name: str) -> Asked:
        return Asked(name, ALGORITHMS.get(name), self.parameters[name])

    def _reads_flow(self, name: str) -> bool:
        if name in self.tasks:
            return self.tasks[name].reads_flow
        windowed = self.spec.window is not None or self.spec.as_of is not None
        return name in ALGORITHMS.names() and not windowed

    def _recorded(self, name: str, network: str) -> JobReport:
        """One run under its lease, tried again where it failed for a reason that may pass."""
        return self._retried(name, network, self._attempt(name, network, 1))

    def _retried(self, name: str, network: str, report: JobReport) -> JobReport:
        for attempt in range(2, self.policy.attempts + 1):
            if not report.transient:
                break
            self._pause(self.policy.backoff_seconds * 2 ** (attempt - 2))
            report = self._attempt(name, network, attempt)
        return report

    def _pause(self, seconds: float) -> None:
        end, within = time.monotonic() + seconds, self.policy.within
        while (left := end - time.monotonic()) > 0 and (within is None or within.reason is None):
            time.sleep(min(left, 0.5))

    def _attempt(self, name: str, network: str, attempt: int) -> JobReport:
        """One run from its JobRun's beginning to its end, whatever happens between."""
        if name in ALGORITHMS.names():
            return self._together([name], network, attempt)[0]
        run = self._begin(name, network, attempt)
        if isinstance(run, JobReport):
            return run
        with run.hold:
            try:
                done = self._job(run)
            except Exception as error:  # noqa: BLE001 - GDS raises what it likes; the run must end
                return run.failed(error)
            except BaseException as error:
                run.interrupted(error)
                raise
            return self._end(run, done)

    def _not_begun(self, name: str, network: str, why: str) -> JobReport:
        """Record that a job was not begun, and why."""
        record = Record(self.graph.on_behalf_of(name), name, network, self.policy)
        limit = self._limit_seconds(name)
        own = self.parameters[name]
        record.begin(version(name, self.tasks), self.spec, Range(), own, limit)
        return record.end(RunState.SKIPPED, error=why)

    def _together(self, names: Sequence[str], network: str, attempt: int = 1) -> list[JobReport]:
        """Runs of algorithms on one projection; each ends when the values of all are written."""
        reports: dict[str, JobReport] = {}
        runs: list[_Run] = []
        with ExitStack() as holds:
            try:
                for name in names:
                    run = self._begin(name, network, attempt)
                    if isinstance(run, JobReport):
                        reports[name] = run
                    else:
                        runs.append(run)
                        holds.enter_context(run.hold)
                if runs:
                    self._share(runs, reports)
            except BaseException as error:
                for run in runs:
                    if run.name not in reports:
                        run.interrupted(error)
                raise
        return [reports[name] for name in names]

    def _share(self, runs: Sequence[_Run], reports: dict[str, JobReport]) -> None:
        """Project, compute one after the other, write at once; one that fails stops no other."""
        first, spec = runs[0], self.spec
        asked = [self._algorithm(run.name) for run in runs]
        scope = scope_of(asked, first.record.network, spec, first.covered)
        shared = "+".join(run.record.id for run in runs)
        nothing = Outcome(state=RunState.SKIPPED, error="There is no transfer in the range.")
        done = [(run, nothing) for run in runs]
        try:
            with projected(first.graph, self.gds, shared, scope, spec.heap_share) as projection:
                if projection is not None:
                    done = self._computed(runs, reports, projection, scope)
                    computed = [(run.graph, self._algorithm(run.name)) for run, _ in done]
                    store(self.gds, projection, scope, computed, self.progress)
        except Exception as error:  # noqa: BLE001 - GDS raises what it likes; the runs must end
            reports |= {run.name: run.failed(error) for run in runs if run.name not in reports}
            return
        for run, outcome in done:
            self.progress(run.name, 2, 2)
            reports[run.name] = self._end(run, outcome)

    def _computed(
        self,
        runs: Sequence[_Run],
        reports: dict[str, JobReport],
        projection: Projection,
        scope: Scope,
    ) -> list[tuple[_Run, Outcome]]:
        """The runs whose values the projection has, and that may write them; others reported."""
        done, share = [], self.spec.heap_share
        for run in runs:
            if scope.reads_flow:  # another process may have begun to derive it meanwhile
                flows.require_fresh(run.graph, scope.network)
            self.progress(run.name, 0, 2)
            with ExitStack() as others:
                for other in runs:
                    if other is not run:
                        others.enter_context(other.hold.waiting())
                try:
                    one = self._algorithm(run.name)
                    done.append((run, compute(run.graph, self.gds, projection, one, share)))
                except Exception as error:  # noqa: BLE001 - the others go on
                    reports[run.name] = run.failed(error)
                    run.hold.release()
            self.progress(run.name, 1, 2)
        for run, _ in done:
            if run.hold.reason is not None:
                reports[run.name] = run.failed(run.hold.reason)
        return [(run, outcome) for run, outcome in done if run.name not in reports]

    def _begin(self, name: str, network: str, attempt: int) -> _Run | JobReport:
        """Take a job's lease and record that it runs; the report where another has the lease."""
        graph, seconds = self.graph.on_behalf_of(name), self.policy.lease_seconds
        covered = Range() if name == FLOWS else resolve(graph, network, self.spec)
        lease = leases.take(graph, f"{name}|{network}", seconds=seconds)
        granted = lease if isinstance(lease, Lease) else None
        record = Record(graph, name, network, self.policy, granted, attempt)
        limit = self._limit_seconds(name)
        record.begin(version(name, self.tasks), self.spec, covered, self.parameters[name], limit)
        if granted is None:
            return record.end(RunState.SKIPPED, error=str(lease))
        hold = Hold(
            graph,
            granted,
            record.id,
            limit_seconds=limit,
            seconds=seconds,
            within=self.policy.within,
        )
        return _Run(name, record, hold, graph.on_behalf_of(name, hold=hold), covered)

    def _end(self, run: _Run, done: Outcome) -> JobReport:
        rows_in = done.rows_in
        if rows_in is None:
            rows_in = self._rows_in(run.record.network, run.covered)
        return run.record.end(done.state, done.nodes, done.error, done.results, rows_in)

    def _limit_seconds(self, name: str) -> float:
        if self.policy.limit is not None:
            return self.policy.limit.total_seconds()
        if name in self.tasks:
            return self.tasks[name].limit_seconds
        return ALGORITHMS.get(name).limit_seconds if name in ALGORITHMS.names() else LIMIT_SECONDS

    def _rows_in(self, network: str, covered: Range) -> int | None:
        """Transfers of the network that lie in the range."""
        if covered.whole:
            found = flows.watermarks(self.graph, network)["transfers"]
            return None if found.is_empty() else found[0]
        if (network, covered) not in self.counted:  # the runs of a call cover the same
            since, until = window_ms(covered.start, covered.end)
            span = {"network": network, "since": since, "until": until}
            found = self.graph.read("lookups/transfers_between", **span)["transfers"]
            self.counted[network, covered] = int(found[0])
        return self.counted[network, covered]

    def _job(self, run: _Run) -> Outcome:
        context = Context(
            graph=run.graph,
            gds=self.gds,
            run=run.record.id,
            network=run.record.network,
            spec=self.spec,
            covered=run.covered,
            parameters=self.parameters[run.name],
            progress=self.progress,
        )
        if run.name in self.tasks:
            return self.tasks[run.name].work(context)
        return families.store(context, run.name)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that has begun: the job's name, its record, and the database under its lease."""

    name: str
    record: Record
    hold: Hold
    graph: Graph
    covered: Range

    def failed(self, error: Exception) -> JobReport:
        """Record why it failed; where its time was over, the error is only a consequence."""
        reason = self.hold.reason or error
        report = self.record.end(RunState.FAILED, error=_told(reason))
        return replace(report, transient=is_transient(reason))

    def interrupted(self, error: BaseException) -> None:
        self.record.end(RunState.FAILED, error=f"Interrupted: {type(error).__name__}.")


def _told(error: Exception) -> str:
    if isinstance(error, ExpectedError):
        return str(error)
    return f"{type(error).__name__}: {str(error)[:1000]}"
