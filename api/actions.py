"""Work that a request may start; the server is told what it is when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cypher.graph import Graph
    from cypher.scores import PublishedRun
    from gds_jobs.job import JobReport, Policy, Progress, RunSpec, Task


def own_jobs(archive: Path | None = None, kept_runs: int = 5) -> Mapping[str, Task]:
    """The jobs that this package adds to those of `gds_jobs`.

    Args:
        archive: folder for what they keep outside the graph.
        kept_runs: sealed score runs of a model that stay in the graph.
    """
    from api.anomaly.job import tasks  # noqa: PLC0415

    return tasks(archive, kept_runs)


def run_jobs(
    graph: Graph,
    names: Sequence[str] | None,
    spec: RunSpec,
    *,
    archive: Path | None = None,
    kept_runs: int = 5,
    progress: Progress | None = None,
    policy: Policy | None = None,
) -> list[JobReport]:
    """Run graph jobs in this process."""
    # Imported when first used: the GDS client takes its time, and most servers never run a job.
    from gds_jobs.run import run  # noqa: PLC0415

    return run(graph, names, spec, progress, own_jobs(archive, kept_runs), policy=policy)


def job_summaries() -> Mapping[str, str]:
    """One sentence for every job, by its name."""
    from gds_jobs.catalog import summaries  # noqa: PLC0415

    return summaries(own_jobs())


def jobs_by_default() -> list[str]:
    """Names of the jobs that `run --all` takes, in its order."""
    from gds_jobs.catalog import default_names  # noqa: PLC0415

    return default_names(own_jobs())


def job_defaults(name: str) -> Mapping[str, object]:
    """A job's parameters and their defaults."""
    from gds_jobs.catalog import parameters  # noqa: PLC0415

    return parameters(name, own_jobs())


def no_models(graph: Graph, model: str, run: str | None) -> PublishedRun:
    """Refuse to score: this server was started without a folder of models."""
    del graph, model, run
    raise StateError(
        "This server has no trained models.", "Start it with 'ledgergraph serve' where they are."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What mutations call, each in a worker thread.

    Attributes:
        run_jobs: runs graph jobs and reports on each.
        job_summaries: what jobs there are.
        score: exports, scores with a trained model (of a given training run) and publishes.
        archive: folder for the scores of runs that leave the graph; without it all runs stay.
        kept_runs: sealed runs of a model that stay in the graph.
    """

    run_jobs: Callable[[Graph, Sequence[str], RunSpec], list[JobReport]] = run_jobs
    job_summaries: Callable[[], Mapping[str, str]] = job_summaries
    score: Callable[[Graph, str, str | None], PublishedRun] = no_models
    archive: Path | None = None
    kept_runs: int = 5
