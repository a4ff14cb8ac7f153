"""Runs graph jobs one after the other and records each in a JobRun.

A job is a family of `cypher/features`, an algorithm of `gds_jobs/algorithms`, a task of
`gds_jobs/tasks`, or a task that the caller brings; the file name is the job's name and, for an
algorithm, the account property it writes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from graphdatascience import GraphDataScience

from core.errors import ContractError, ExpectedError, NotFoundError, UnknownNameError
from core.registry import OpenFolder
from core.schema import RunState
from cypher import features, flows, leases
from cypher.graph import is_transient
from cypher.leases import Hold, Lease
from gds_jobs import families
from gds_jobs.accounts import clear_property, scale_property
from gds_jobs.job import LIMIT_SECONDS, Algorithm, Context, Outcome, Policy, RunSpec, Task, bind
from gds_jobs.projection import WEIGHT, Scope, projected, refuse_if_too_large
from gds_jobs.record import Record, tidy
from gds_jobs.windows import Range, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cypher.graph import Graph
    from gds_jobs.job import JobReport, Parameters, Progress

ALGORITHMS = OpenFolder("gds_jobs.algorithms", "JOB", Algorithm, "job")
TASKS = OpenFolder("gds_jobs.tasks", "JOB", Task, "job")
FLOWS = "flows"


def names(more: Mapping[str, Task] | None = None) -> list[str]:
    """Names of all jobs, in the order in which `run` takes them: FLOW, features, tasks.

    Args:
        more: tasks that the caller brings, by name.
    """
    tasks = {name: task for name, task in _tasks(more).items() if name != FLOWS}
    # Every task comes behind those it names; no sets, whose order differs between processes.
    needs = {name: [n for n in task.after if n in tasks] for name, task in tasks.items()}
    order = list(TopologicalSorter(needs).static_order())
    found = [FLOWS, *features.families(), *ALGORITHMS.names(), *order]
    if twice := {name for name in found if found.count(name) > 1}:
        raise ContractError("gds_jobs", f"name taken twice: {', '.join(sorted(twice))}")
    return found


def default_names(more: Mapping[str, Task] | None = None) -> list[str]:
    """Names of the jobs that run where none is named."""
    jobs = _tasks(more) | ALGORITHMS.members()
    return [name for name in names(more) if name not in jobs or jobs[name].by_default]


def groups(more: Mapping[str, Task] | None = None) -> dict[str, list[str]]:
    """Jobs that go by one name: every family of features; the algorithms that run by default."""
    chosen = set(default_names(more))
    algorithms = [name for name in ALGORITHMS.names() if name in chosen]
    return {"features": list(features.families()), "algorithms": algorithms}


def summaries(more: Mapping[str, Task] | None = None) -> dict[str, str]:
    """One sentence for every job."""
    told = {name: task.summary for name, task in _tasks(more).items()}
    told |= {name: features.summary(name) for name in features.families()}
    told |= {name: job.summary for name, job in ALGORITHMS.members().items()}
    return {name: told[name] for name in names(more)}


def run(
    graph: Graph,
    jobs: Sequence[str] | None = None,
    spec: RunSpec | None = None,
    progress: Progress | None = None,
    more: Mapping[str, Task] | None = None,
    *,
    policy: Policy | None = None,
) -> list[JobReport]:
    """Run the named jobs, or all that run by default, for one network or each.

    A job that fails is reported as failed and the rest still run; one that another process is
    running on the same network is skipped. Where a job reads FLOW and FLOW is stale, `flows` runs
    first and is reported too.

    Raises:
        UnknownNameError: there is no such job.
        ParameterError: a job has no such parameter, or not of that type.
        NotFoundError: the network, or any network, was never loaded.
    """
    spec, tasks = spec or RunSpec(), _tasks(more)
    known = names(more)
    asked = default_names(more) if jobs is None else _checked(jobs, known)
    bound = _checked([FLOWS, *asked, *spec.parameters], known)
    given = {
        name: bind(name, parameters(name, more), spec.parameters.get(name, {})) for name in bound
    }
    networks = networks_of(graph, spec.network)
    gds = GraphDataScience(graph.driver, arrow=False, show_progress=False)
    tidy(graph, gds)
    runner = _Runner(graph, gds, spec, given, progress or _silent, tasks, policy or Policy())
    return [report for network in networks for report in runner.run(asked, network)]


@dataclass(frozen=True, slots=True)
class _Runner:
    """What the runs of one call share."""

    graph: Graph
    gds: GraphDataScience
    spec: RunSpec
    parameters: Mapping[str, Parameters]
    progress: Progress
    tasks: Mapping[str, Task]
    policy: Policy

    def run(self, asked: Sequence[str], network: str) -> Iterator[JobReport]:
        """Run jobs on one network, with `flows` before the first that needs it."""
        derived = False
        for name in asked:
            if self._reads_flow(name) and not flows.are_fresh(self.graph, network):
                if not derived:
                    derived = True
                    yield self._recorded(FLOWS, network)
                if not flows.are_fresh(self.graph, network):
                    yield self._recorded(name, network, "FLOW is stale and could not be derived.")
                    continue
            derived = derived or name == FLOWS
            yield self._recorded(name, network)

    def _reads_flow(self, name: str) -> bool:
        if name in self.tasks:
            return self.tasks[name].reads_flow
        windowed = self.spec.window is not None or self.spec.as_of is not None
        return name in ALGORITHMS.names() and not windowed

    def _recorded(self, name: str, network: str, obstacle: str | None = None) -> JobReport:
        """One run under its lease, tried again where it failed for a reason that may pass."""
        report = self._attempt(name, network, 1, obstacle)
        for attempt in range(2, self.policy.attempts + 1):
            if not report.transient:
                break
            self._pause(self.policy.backoff_seconds * 2 ** (attempt - 2))
            report = self._attempt(name, network, attempt, obstacle)
        return report

    def _pause(self, seconds: float) -> None:
        end, within = time.monotonic() + seconds, self.policy.within
        while (left := end - time.monotonic()) > 0 and (within is None or within.reason is None):
            time.sleep(min(left, 0.5))

    def _attempt(self, name: str, network: str, attempt: int, obstacle: str | None) -> JobReport:
        """One run from its JobRun's beginning to its end, whatever happens between."""
        graph, seconds = self.graph.on_behalf_of(name), self.policy.lease_seconds
        covered = Range() if name == FLOWS else resolve(graph, network, self.spec)
        lease = leases.take(graph, f"{name}|{network}", seconds=seconds)
        granted = lease if isinstance(lease, Lease) else None
        record = Record(graph, name, network, self.policy, granted, attempt)
        limit = self._limit_seconds(name)
        record.begin(_version(name, self.tasks), self.spec, covered, self.parameters[name], limit)
        if granted is None:
            return record.end(RunState.SKIPPED, error=str(lease))
        with Hold(
            graph,
            granted,
            record.id,
            limit_seconds=limit,
            seconds=seconds,
            within=self.policy.within,
        ) as hold:
            if obstacle is not None:
                return record.end(RunState.SKIPPED, error=obstacle)
            held = replace(record, graph=graph.on_behalf_of(name, hold=hold))
            try:
                done = self._job(name, held, covered)
            except Exception as error:  # noqa: BLE001 - GDS raises what it likes; the run must end
                # Where its time was over, whatever then failed is only a consequence.
                reason = hold.reason or error
                failed = record.end(RunState.FAILED, error=_told(reason))
                return replace(failed, transient=is_transient(reason))
            except BaseException as error:
                record.end(RunState.FAILED, error=f"Interrupted: {type(error).__name__}.")
                raise
            rows_in = self._rows_in(network, covered) if done.rows_in is None else done.rows_in
            return record.end(done.state, done.nodes, done.error, done.results, rows_in)

    def _limit_seconds(self, name: str) -> float:
        if self.policy.limit is not None:
            return self.policy.limit.total_seconds()
        if name in self.tasks:
            return self.tasks[name].limit_seconds
        return ALGORITHMS.get(name).limit_seconds if name in ALGORITHMS.names() else LIMIT_SECONDS

    def _rows_in(self, network: str, covered: Range) -> int | None:
        """Transfers of the network, where all of them are read."""
        if not covered.whole:
            return None
        found = flows.watermarks(self.graph, network)["transfers"]
        return None if found.is_empty() else found[0]

    def _job(self, name: str, record: Record, covered: Range) -> Outcome:
        if name in self.tasks:
            return self.tasks[name].work(self._context(name, record, covered))
        if name in ALGORITHMS.names():
            return self._algorithm(name, record, covered)
        return families.store(self._context(name, record, covered), name)

    def _context(self, name: str, record: Record, covered: Range) -> Context:
        return Context(
            graph=record.graph,
            gds=self.gds,
            run=record.id,
            network=record.network,
            spec=self.spec,
            covered=covered,
            parameters=self.parameters[name],
            progress=self.progress,
        )

    def _algorithm(self, name: str, record: Record, covered: Range) -> Outcome:
        job, graph = ALGORITHMS.get(name), record.graph
        parameters = dict(self.parameters[name])
        weight = str(parameters.pop(WEIGHT, "none"))
        scope = Scope(
            record.network,
            self.spec.asset,
            covered,
            weight,
            undirected=job.undirected,
            simple=job.simple,
        )
        share = self.spec.heap_share
        self.progress(name, 0, 2)
        with projected(graph, self.gds, record.id, scope, share) as projection:
            if projection is None:
                why = "There is no transfer in the range."
                return Outcome(state=RunState.SKIPPED, error=why)
            if scope.reads_flow:  # another process may have begun to derive it meanwhile
                flows.require_fresh(graph, record.network)
            self.progress(name, 1, 2)
            nodes = projection.node_count()
            arguments = job.arguments(parameters, nodes)
            if weight != "none":
                arguments["relationship_weight_property"] = WEIGHT
            procedure = job.procedure(self.gds)
            if job.memory is None:
                needed = procedure.estimate(projection, **arguments).bytes_max
            else:
                needed = job.memory(nodes)
            refuse_if_too_large(graph, f"'{name}'", needed, share)
            if not covered.whole:
                clear_property(graph, record.network, name)
            target = name if job.scale is None else f"{name}_unscaled"
            written = procedure.write(
                projection,
                write_property=target,
                concurrency=job.concurrency,
                log_progress=False,
                **arguments,
            )
            rows_in = projection.relationship_count()
        if job.scale is not None:
            scale_property(graph, record.network, target, name, job.scale(parameters, nodes))
        self.progress(name, 2, 2)
        results = written.model_dump(exclude={"configuration"})
        return Outcome(int(written.node_properties_written), results, rows_in=rows_in)


def _tasks(more: Mapping[str, Task] | None) -> dict[str, Task]:
    return TASKS.members() | dict(more or {})


def _checked(jobs: Iterable[str], known: Sequence[str]) -> list[str]:
    asked = set(jobs)
    for name in asked:
        if name not in known:
            raise UnknownNameError("job", name, known)
    return [name for name in known if name in asked]


def parameters(name: str, more: Mapping[str, Task] | None = None) -> Parameters:
    """A job's parameters and their defaults."""
    tasks = _tasks(more)
    if name in tasks:
        return tasks[name].defaults
    if name in ALGORITHMS.names():
        return ALGORITHMS.get(name).defaults
    return families.defaults(name)


def _version(name: str, tasks: Mapping[str, Task]) -> str:
    if name in tasks:
        return tasks[name].version
    if name in ALGORITHMS.names():
        return ALGORITHMS.get(name).version
    return features.VERSION


def networks_of(graph: Graph, network: str | None) -> list[str]:
    """The named network, or all of them.

    Raises:
        NotFoundError: the network, or any network, was never loaded.
    """
    known = features.networks(graph)
    if network is None and known:
        return known
    if network is None or network not in known:
        raise NotFoundError("network", network or "*", f"Loaded: {', '.join(known) or 'none'}.")
    return [network]


def _told(error: Exception) -> str:
    if isinstance(error, ExpectedError):
        return str(error)
    return f"{type(error).__name__}: {str(error)[:1000]}"


def _silent(_what: str, _done: int, _total: int) -> None:
    """Take no notice."""
