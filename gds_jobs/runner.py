"""Runs one job after the other: lease, record, limit, attempts, and what algorithms share."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from core.schema import RunState
from core.times import window_ms
from cypher import flows, leases
from cypher.leases import Hold, Lease
from gds_jobs import families
from gds_jobs.begun import Begun, Done, waiting
from gds_jobs.catalog import ALGORITHMS, FLOWS, version
from gds_jobs.job import LIMIT_SECONDS, Context, JobReport, Outcome
from gds_jobs.projection import projected
from gds_jobs.record import Record
from gds_jobs.shared import Asked, compute, scope_of, sharing, values
from gds_jobs.windows import Range, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphdatascience import GraphDataScience
    from graphdatascience.graph import Graph as Projection

    from cypher.graph import Graph
    from gds_jobs.job import Parameters, Policy, Progress, RunSpec, Task
    from gds_jobs.projection import Scope


MOST = 10_000_000
"""Values that wait to be written, 80 MB of them, before what has them is written."""


@dataclass(frozen=True, slots=True)
class Runner:
    """What the runs of one call share on one network.

    Attributes:
        reports: how the jobs ended, in the order in which they began; None of one on its way.
        missing: jobs that did not end well, or were not begun.
        counted: transfers in ranges.
    """

    graph: Graph
    gds: GraphDataScience
    spec: RunSpec
    parameters: Mapping[str, Parameters]
    progress: Progress
    tasks: Mapping[str, Task]
    policy: Policy
    network: str
    reports: dict[str, JobReport | None] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    counted: dict[Range, int] = field(default_factory=dict)

    def run(self, asked: Sequence[str]) -> list[JobReport]:
        """Run jobs, with `flows` before the first that needs it.

        A job that others come `after` and that failed leaves these not begun.
        """
        for group in self._groups(asked):
            if self._is_over():
                break
            if before := self._before(group[0]) & self.missing:
                why = f"It builds on {', '.join(sorted(before))}, which did not end well."
                self._not_begun(group, why)
                continue
            self._together(group)
            for name in group:
                self._retry(name)
                report = self.reports.get(name)
                if report is None or report.state == RunState.FAILED:
                    self.missing.add(name)
        return [report for report in self.reports.values() if report is not None]

    def _groups(self, asked: Sequence[str]) -> Iterator[list[str]]:
        """Jobs in their order; in a row those whose values are written in one pass.

        A task may read what was written before it. An algorithm that does not run by default may
        take long: nothing waits for it.
        """

        def waits(name: str) -> bool:
            slow = name in ALGORITHMS.names() and not ALGORITHMS.get(name).by_default
            return name not in self.tasks and not slow

        for wait, row in groupby(asked, waits):
            names = list(row)
            yield from [names] if wait else ([name] for name in names)

    def _parts(self, names: Sequence[str]) -> Iterator[list[str]]:
        """The same jobs; together those that share a projection."""
        for alike, row in groupby(names, lambda name: name in ALGORITHMS.names()):
            if alike:
                for group in sharing(self._algorithm(name) for name in row):
                    yield [one.name for one in group]
            else:
                yield from ([name] for name in row)

    def _is_over(self) -> bool:
        return self.policy.within is not None and self.policy.within.reason is not None

    def _before(self, name: str) -> set[str]:
        return set(self.tasks[name].after) if name in self.tasks else set()

    def _algorithm(self, name: str) -> Asked:
        return Asked(name, ALGORITHMS.get(name), self.parameters[name])

    def _reads_flow(self, name: str) -> bool:
        if name in self.tasks:
            return self.tasks[name].reads_flow
        windowed = self.spec.window is not None or self.spec.as_of is not None
        return name in ALGORITHMS.names() and not windowed

    def _is_fresh(self) -> bool:
        """Whether FLOW is fresh, or could be derived; that is tried once."""
        if not flows.are_fresh(self.graph, self.network) and FLOWS not in self.reports:
            self._together([FLOWS])
            self._retry(FLOWS)
        return flows.are_fresh(self.graph, self.network)

    def _retry(self, name: str) -> None:
        """Try a job again, alone, that failed for a reason that may pass."""
        for attempt in range(2, self.policy.attempts + 1):
            report = self.reports.get(name)
            if report is None or not report.transient:
                break
            self._pause(self.policy.backoff_seconds * 2 ** (attempt - 2))
            self._together([name], attempt)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._is_over():
            time.sleep(min(left, 0.5))

    def _not_begun(self, names: Sequence[str], why: str) -> None:
        """Record that jobs were not begun, and why."""
        for name in names:
            record = Record(self.graph.on_behalf_of(name), name, self.network, self.policy)
            limit, own = self._limit_seconds(name), self.parameters[name]
            record.begin(version(name, self.tasks), self.spec, Range(), own, limit)
            self.reports[name] = record.end(RunState.SKIPPED, error=why)
        self.missing.update(names)

    def _together(self, names: Sequence[str], attempt: int = 1) -> None:
        """Run jobs one after the other; each ends when the values of all are written."""
        runs: list[Begun] = []
        done: list[Done] = []
        with ExitStack() as holds:
            try:
                for part in self._parts(names):
                    if self._is_over():
                        break
                    with waiting(one.run for one in done):
                        if self._reads_flow(part[0]) and not self._is_fresh():
                            self._not_begun(part, "FLOW is stale and could not be derived.")
                            continue
                        begun = [run for name in part if (run := self._begin(name, attempt))]
                        runs += begun
                        for run in begun:
                            holds.enter_context(run.hold)
                        done += self._computed(begun)
                    if sum(one.size for one in done) > MOST:
                        self._write(done)
                        done = []
                self._write(done)
            except BaseException as error:
                for run in runs:
                    if self.reports[run.name] is None:
                        run.interrupted(error)
                raise

    def _computed(self, runs: Sequence[Begun]) -> list[Done]:
        """The runs that have computed what they write; others are reported."""
        if not runs:
            return []
        if runs[0].name in ALGORITHMS.names():
            return self._share(runs)
        try:
            return [self._job(runs[0])]
        except Exception as error:  # noqa: BLE001 - GDS raises what it likes; the run must end
            self._failed(runs[0], error)
            return []

    def _share(self, runs: Sequence[Begun]) -> list[Done]:
        """Project, and compute one after the other."""
        first, spec = runs[0], self.spec
        asked = [self._algorithm(run.name) for run in runs]
        scope = scope_of(asked, self.network, spec, first.covered)
        shared = "+".join(run.record.id for run in runs)
        nothing = Outcome(state=RunState.SKIPPED, error="There is no transfer in the range.")
        began = time.monotonic()
        try:
            with projected(first.graph, self.gds, shared, scope, spec.heap_share) as projection:
                for run in runs:
                    run.hold.share(time.monotonic() - began, 1 / len(runs))
                if projection is None:
                    return [Done(run, nothing) for run in runs]
                return self._algorithms(runs, projection, scope)
        except Exception as error:  # noqa: BLE001 - GDS raises what it likes; the runs must end
            for run in runs:
                if self.reports[run.name] is None:
                    self._failed(run, error)
            return []

    def _algorithms(
        self, runs: Sequence[Begun], projection: Projection, scope: Scope
    ) -> list[Done]:
        """Compute on a projection; one that fails stops no other."""
        done, share = [], self.spec.heap_share
        for run in runs:
            if scope.reads_flow:  # another process may have begun to derive it meanwhile
                flows.require_fresh(run.graph, scope.network)
            self.progress(run.name, 0, 2)
            with waiting(other for other in runs if other is not run):
                try:
                    one = self._algorithm(run.name)
                    outcome = compute(run.graph, self.gds, projection, one, share)
                    found = values(run.graph, self.gds, projection, scope, one)
                    done.append(Done(run, outcome, found))
                except Exception as error:  # noqa: BLE001 - the others go on
                    self._failed(run, error)
            self.progress(run.name, 1, 2)
        return done

    def _write(self, done: Sequence[Done]) -> None:
        """Write the values of runs in one pass; where that fails, of each in its own."""
        ready = []
        for one in done:
            if one.run.hold.reason is None:
                ready.append(one)
            else:
                self._failed(one.run, one.run.hold.reason)
        if not ready:
            return
        first = ready[0].run
        found = [each for one in ready for each in one.values]
        sizes, began = [one.size for one in ready], time.monotonic()
        try:
            families.write_all(first.graph, self.network, found, first.name, self.progress)
        except Exception as error:  # noqa: BLE001 - whatever it was, the runs must end
            if len(ready) == 1:
                self._failed(first, error)
            else:
                for one in ready:
                    self._write([one])
            return
        took = time.monotonic() - began
        for one, size in zip(ready, sizes, strict=True):
            one.run.hold.share(took, size / sum(sizes) if any(sizes) else 1 / len(ready))
            self.progress(one.run.name, 2, 2)
            self.reports[one.run.name] = self._end(one.run, one.outcome)
            one.run.hold.release()

    def _failed(self, run: Begun, error: Exception) -> None:
        self.reports[run.name] = run.failed(error)
        run.hold.release()

    def _begin(self, name: str, attempt: int) -> Begun | None:
        """Take a job's lease and record that it runs; None, and reported, where another has it."""
        network, self.reports[name] = self.network, None
        graph, seconds = self.graph.on_behalf_of(name), self.policy.lease_seconds
        covered = Range() if name == FLOWS else resolve(graph, network, self.spec)
        lease = leases.take(graph, f"{name}|{network}", seconds=seconds)
        granted = lease if isinstance(lease, Lease) else None
        record = Record(graph, name, network, self.policy, granted, attempt)
        limit = self._limit_seconds(name)
        record.begin(version(name, self.tasks), self.spec, covered, self.parameters[name], limit)
        if granted is None:
            self.reports[name] = record.end(RunState.SKIPPED, error=str(lease))
            return None
        hold = Hold(
            graph,
            granted,
            record.id,
            limit_seconds=limit,
            seconds=seconds,
            within=self.policy.within,
        )
        return Begun(name, record, hold, graph.on_behalf_of(name, hold=hold), covered)

    def _end(self, run: Begun, done: Outcome) -> JobReport:
        rows_in = done.rows_in
        if rows_in is None:
            rows_in = self._rows_in(run.covered)
        return run.end(replace(done, rows_in=rows_in))

    def _limit_seconds(self, name: str) -> float:
        if self.policy.limit is not None:
            return self.policy.limit.total_seconds()
        if name in self.tasks:
            return self.tasks[name].limit_seconds
        return ALGORITHMS.get(name).limit_seconds if name in ALGORITHMS.names() else LIMIT_SECONDS

    def _rows_in(self, covered: Range) -> int | None:
        """Transfers of the network that lie in the range."""
        if covered.whole:
            found = flows.watermarks(self.graph, self.network)["transfers"]
            return None if found.is_empty() else found[0]
        if covered not in self.counted:  # the runs of a call cover the same
            since, until = window_ms(covered.start, covered.end)
            span = {"network": self.network, "since": since, "until": until}
            found = self.graph.read("lookups/transfers_between", **span)["transfers"]
            self.counted[covered] = int(found[0])
        return self.counted[covered]

    def _job(self, run: Begun) -> Done:
        context = Context(
            graph=run.graph,
            gds=self.gds,
            run=run.record.id,
            network=self.network,
            spec=self.spec,
            covered=run.covered,
            parameters=self.parameters[run.name],
            progress=self.progress,
        )
        if run.name in self.tasks:
            return Done(run, self.tasks[run.name].work(context))
        return Done(run, *families.compute(context, run.name))
