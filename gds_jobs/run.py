"""Runs graph jobs one after the other and records each in a JobRun.

A job is `flows`, a family of `cypher/features`, or an algorithm of `gds_jobs/algorithms`; the file
name is the job's name and, for an algorithm, the account property it writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphdatascience import GraphDataScience

from core.errors import ContractError, ExpectedError, NotFoundError, UnknownNameError
from core.registry import OpenFolder
from core.schema import RunState
from cypher import catalog, features
from gds_jobs import families, flows
from gds_jobs.job import Algorithm, RunSpec, bind
from gds_jobs.projection import WEIGHT, Scope, projected, refuse_if_too_large
from gds_jobs.record import Record, tidy
from gds_jobs.windows import Range, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cypher.graph import Graph
    from gds_jobs.job import JobReport, Parameters, Progress

ALGORITHMS = OpenFolder("gds_jobs.algorithms", "JOB", Algorithm, "job")
CONCURRENCY = 4
"""The most that GDS Community allows."""

FLOWS = "flows"


def names() -> list[str]:
    """Names of all jobs, in the order in which `run` takes them."""
    found = [FLOWS, *features.families(), *ALGORITHMS.names()]
    if twice := {name for name in found if found.count(name) > 1}:
        raise ContractError("gds_jobs/algorithms", f"name taken twice: {', '.join(sorted(twice))}")
    return found


def summaries() -> dict[str, str]:
    """One sentence for every job."""
    told = {FLOWS: flows.SUMMARY}
    told |= {name: catalog.load(f"features/{name}").summary for name in features.families()}
    return told | {name: job.summary for name, job in ALGORITHMS.members().items()}


def run(
    graph: Graph,
    jobs: Sequence[str] | None = None,
    spec: RunSpec | None = None,
    progress: Progress | None = None,
) -> list[JobReport]:
    """Run the named jobs, or all of them, for one network or each.

    A job that fails is reported as failed and the rest still run. Where a job reads FLOW and FLOW
    is stale, `flows` runs first and is reported too.

    Raises:
        UnknownNameError: there is no such job.
        ParameterError: a job has no such parameter, or not of that type.
        NotFoundError: the network, or any network, was never loaded.
    """
    spec = spec or RunSpec()
    asked = names() if jobs is None else _checked(jobs)
    parameters = {name: _bound(name, spec) for name in _checked([FLOWS, *asked, *spec.parameters])}
    networks = _networks(graph, spec.network)
    gds = GraphDataScience(graph.driver, arrow=False, show_progress=False)
    tidy(graph, gds)
    runner = _Runner(graph, gds, spec, parameters, progress or _silent)
    return [report for network in networks for report in runner.run(asked, network)]


@dataclass(frozen=True, slots=True)
class _Runner:
    """What the runs of one call share."""

    graph: Graph
    gds: GraphDataScience
    spec: RunSpec
    parameters: Mapping[str, Parameters]
    progress: Progress

    def run(self, asked: Sequence[str], network: str) -> Iterator[JobReport]:
        """Run jobs on one network, with `flows` before the first that needs it."""
        derived = False
        for name in asked:
            if self._reads_flow(name) and not flows.flows_are_fresh(self.graph, network):
                if not derived:
                    derived = True
                    yield self._recorded(FLOWS, network)
                if not flows.flows_are_fresh(self.graph, network):
                    yield self._recorded(name, network, "FLOW is stale and could not be derived.")
                    continue
            derived = derived or name == FLOWS
            yield self._recorded(name, network)

    def _reads_flow(self, name: str) -> bool:
        windowed = self.spec.window is not None or self.spec.as_of is not None
        return name in ALGORITHMS.names() and not windowed

    def _recorded(self, name: str, network: str, obstacle: str | None = None) -> JobReport:
        """One run from its JobRun's beginning to its end, whatever happens between."""
        record = Record(self.graph.on_behalf_of(name), name, network)
        covered = Range() if name == FLOWS else resolve(self.graph, network, self.spec)
        record.begin(_version(name), self.spec, covered, self.parameters[name])
        if obstacle is not None:
            return record.end(RunState.SKIPPED, error=obstacle)
        try:
            return self._job(name, record, covered)
        except ExpectedError as error:
            return record.end(RunState.FAILED, error=str(error))
        except Exception as error:  # noqa: BLE001 - GDS raises what it likes; the run must end
            return record.end(RunState.FAILED, error=_first_lines(error))
        except BaseException as error:
            record.end(RunState.FAILED, error=f"Interrupted: {type(error).__name__}.")
            raise

    def _job(self, name: str, record: Record, covered: Range) -> JobReport:
        if name == FLOWS:
            return self._flows(record)
        if name in features.families():
            nodes = families.store(
                record.graph,
                name,
                record.network,
                spec=self.spec,
                covered=covered,
                progress=self.progress,
            )
            return record.end(RunState.SEALED, nodes)
        return self._algorithm(name, record, covered)

    def _flows(self, record: Record) -> JobReport:
        rebuild = bool(self.parameters[FLOWS]["rebuild"])
        if not rebuild and flows.flows_are_fresh(record.graph, record.network):
            return record.end(RunState.SKIPPED, error="FLOW is fresh already.")
        derived = flows.derive(record.graph, record.network, record.id, self.progress)
        return record.end(RunState.SEALED, derived)

    def _algorithm(self, name: str, record: Record, covered: Range) -> JobReport:
        job, graph = ALGORITHMS.get(name), record.graph
        parameters = dict(self.parameters[name])
        weight = str(parameters.pop(WEIGHT, "none"))
        scope = Scope(record.network, self.spec.asset, covered, weight, job.undirected)
        share = self.spec.heap_share
        self.progress(name, 0, 2)
        with projected(graph, self.gds, record.id, scope, share) as projection:
            if projection is None:
                return record.end(RunState.SKIPPED, error="There is no transfer in the range.")
            self.progress(name, 1, 2)
            arguments = job.arguments(parameters, projection.node_count())
            if weight != "none":
                arguments["relationship_weight_property"] = WEIGHT
            procedure = job.procedure(self.gds)
            needed = procedure.estimate(projection, **arguments).bytes_max
            refuse_if_too_large(graph, f"'{name}'", needed, share)
            if not covered.whole:
                clear(graph, record.network, name)
            written = procedure.write(
                projection, name, concurrency=CONCURRENCY, log_progress=False, **arguments
            )
        self.progress(name, 2, 2)
        results = written.model_dump(exclude={"configuration"})
        return record.end(RunState.SEALED, int(written.node_properties_written), results=results)


def clear(graph: Graph, network: str, key: str) -> None:
    """Remove a property from a network's accounts: those outside a window keep no old value."""
    for first, last in flows.account_ranges(graph, network, flows.RANGE_TRANSFERS).iter_rows():
        graph.write("writes/account_properties_clear", key=key, first=first, last=last)


def _checked(jobs: Iterable[str]) -> list[str]:
    known, asked = names(), set(jobs)
    for name in asked:
        if name not in known:
            raise UnknownNameError("job", name, known)
    return [name for name in known if name in asked]


def _bound(name: str, spec: RunSpec) -> Parameters:
    defaults: Parameters = {}
    if name == FLOWS:
        defaults = flows.DEFAULTS
    elif name in ALGORITHMS.names():
        defaults = ALGORITHMS.get(name).defaults
    return bind(name, defaults, spec.parameters.get(name, {}))


def _version(name: str) -> str:
    if name in ALGORITHMS.names():
        return ALGORITHMS.get(name).version
    return flows.VERSION


def _networks(graph: Graph, network: str | None) -> list[str]:
    known = features.networks(graph)
    if network is None and known:
        return known
    if network is None or network not in known:
        raise NotFoundError("network", network or "*", f"Loaded: {', '.join(known) or 'none'}.")
    return [network]


def _first_lines(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:1000]}"


def _silent(_what: str, _done: int, _total: int) -> None:
    """Take no notice."""
