"""Every graph job by its name: what there is, in which order it runs, and with what parameters.

A job is a family of `cypher/features`, an algorithm of `gds_jobs/algorithms`, a task of
`gds_jobs/tasks`, or a task that the caller brings (`more`); the file name is the job's name and,
for an algorithm, the account property it writes.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from core.errors import ContractError
from core.registry import OpenFolder
from cypher import features
from gds_jobs import families
from gds_jobs.job import Algorithm, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gds_jobs.job import Parameters

ALGORITHMS = OpenFolder("gds_jobs.algorithms", "JOB", Algorithm, "job")
TASKS = OpenFolder("gds_jobs.tasks", "JOB", Task, "job")
FLOWS = "flows"


def names(more: Mapping[str, Task] | None = None) -> list[str]:
    """Names of all jobs, in the order in which `run` takes them: FLOW, features, tasks.

    Args:
        more: tasks that the caller brings, by name.
    """
    tasks = {name: task for name, task in tasks_of(more).items() if name != FLOWS}
    # Every task comes behind those it names; no sets, whose order differs between processes.
    needs = {name: [n for n in task.after if n in tasks] for name, task in tasks.items()}
    order = list(TopologicalSorter(needs).static_order())
    found = [FLOWS, *features.families(), *_algorithms(), *order]
    if twice := {name for name in found if found.count(name) > 1}:
        raise ContractError("gds_jobs", f"name taken twice: {', '.join(sorted(twice))}")
    return found


def _algorithms() -> list[str]:
    """Those that project the same next to each other, and first what runs by default."""

    def place(name: str) -> tuple[bool, bool, bool, str]:
        job = ALGORITHMS.get(name)
        return job.simple, job.undirected, not job.by_default, name

    return sorted(ALGORITHMS.names(), key=place)


def default_names(more: Mapping[str, Task] | None = None) -> list[str]:
    """Names of the jobs that run where none is named."""
    jobs = tasks_of(more) | ALGORITHMS.members()
    return [name for name in names(more) if name not in jobs or jobs[name].by_default]


def groups(more: Mapping[str, Task] | None = None) -> dict[str, list[str]]:
    """Jobs that go by one name: every family of features; the algorithms that run by default."""
    known = ALGORITHMS.names()
    algorithms = [name for name in default_names(more) if name in known]
    return {"features": list(features.families()), "algorithms": algorithms}


def summaries(more: Mapping[str, Task] | None = None) -> dict[str, str]:
    """One sentence for every job."""
    told = {name: task.summary for name, task in tasks_of(more).items()}
    told |= {name: features.summary(name) for name in features.families()}
    told |= {name: job.summary for name, job in ALGORITHMS.members().items()}
    return {name: told[name] for name in names(more)}


def parameters(name: str, more: Mapping[str, Task] | None = None) -> Parameters:
    """A job's parameters and their defaults."""
    tasks = tasks_of(more)
    if name in tasks:
        return tasks[name].defaults
    if name in ALGORITHMS.names():
        return ALGORITHMS.get(name).defaults
    return families.defaults(name)


def version(name: str, tasks: Mapping[str, Task]) -> str:
    """The version of a job, raised when the same graph would get other values."""
    if name in tasks:
        return tasks[name].version
    if name in ALGORITHMS.names():
        return ALGORITHMS.get(name).version
    return features.VERSION


def tasks_of(more: Mapping[str, Task] | None) -> dict[str, Task]:
    """All tasks, those that the caller brings too."""
    return TASKS.members() | dict(more or {})
