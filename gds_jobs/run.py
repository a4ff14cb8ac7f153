"""Runs graph jobs by their names, one after the other; each is recorded in a JobRun."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import NotFoundError, UnknownNameError
from cypher import features
from gds_jobs import catalog
from gds_jobs.job import Policy, RunSpec, bind
from gds_jobs.record import client, tidy
from gds_jobs.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cypher.graph import Graph
    from gds_jobs.job import JobReport, Progress, Task


def run(
    graph: Graph,
    jobs: Sequence[str] | None = None,
    spec: RunSpec | None = None,
    progress: Progress | None = None,
    more: Mapping[str, Task] | None = None,
    *,
    policy: Policy | None = None,
    as_listed: bool = False,
) -> list[JobReport]:
    """Run the named jobs, or all that run by default, for one network or each.

    A job that fails is reported as failed and the rest still run, but for those that build on it;
    one that another process is running on the same network is skipped. Where a job reads FLOW and
    FLOW is stale, `flows` runs first and is reported too. With `as_listed` jobs run in the order
    in which they are named, otherwise in that of the catalog.

    Raises:
        UnknownNameError: there is no such job.
        ParameterError: a job has no such parameter, or not of that type.
        NotFoundError: the network, or any network, was never loaded.
    """
    spec, tasks = spec or RunSpec(), catalog.tasks_of(more)
    known = catalog.names(more)
    asked = catalog.default_names(more) if jobs is None else _checked(jobs, known)
    if as_listed and jobs is not None:
        asked = list(dict.fromkeys(jobs))
    bound = _checked([catalog.FLOWS, *asked, *spec.parameters], known)
    given = {
        name: bind(name, catalog.parameters(name, more), spec.parameters.get(name, {}))
        for name in bound
    }
    networks = networks_of(graph, spec.network)
    spec = replace(spec, parameters={name: given[name] for name in spec.parameters})
    gds = client(graph)
    tidy(graph, gds)
    told = progress or _silent
    runners = [
        Runner(graph, gds, spec, given, told, tasks, policy or Policy(), network)
        for network in networks
    ]
    return [report for runner in runners for report in runner.run(asked)]


def _checked(jobs: Iterable[str], known: Sequence[str]) -> list[str]:
    asked = set(jobs)
    for name in asked:
        if name not in known:
            raise UnknownNameError("job", name, known)
    return [name for name in known if name in asked]


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


def _silent(_what: str, _done: int, _total: int) -> None:
    """Take no notice."""
