"""Runs graph jobs one after the other and records each in a JobRun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gds_jobs.job import RunSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph
    from gds_jobs.job import JobReport, Progress


def names() -> list[str]:
    """Names of all jobs, in the order in which `run` takes them."""
    raise NotImplementedError


def summaries() -> dict[str, str]:
    """One sentence for every job."""
    raise NotImplementedError


def run(
    graph: Graph,
    jobs: Sequence[str] | None = None,
    spec: RunSpec | None = None,
    progress: Progress | None = None,
) -> list[JobReport]:
    """Run the named jobs, or all of them, for one network or each.

    A job that fails is reported as failed and the rest still run; wrong names and parameters are
    refused before anything runs.
    """
    raise NotImplementedError
