"""Betweenness by Brandes' algorithm: directed, unweighted, normalised by 1 / ((n - 1) (n - 2)).

Beyond `exact_up_to` accounts it is estimated from a seeded sample of sources and scaled up by
n / sample. Source: spec/features-and-rules.md section 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gds_jobs.job import Algorithm

if TYPE_CHECKING:
    from gds_jobs.job import Parameters


def _is_exact(parameters: Parameters, nodes: int) -> bool:
    return nodes <= int(str(parameters["exact_up_to"]))


def _arguments(parameters: Parameters, nodes: int) -> dict[str, object]:
    if _is_exact(parameters, nodes):
        return {}
    return {key: parameters[key] for key in ("sampling_size", "sampling_seed")}


def _scale(parameters: Parameters, nodes: int) -> float:
    pairs = max(1, (nodes - 1) * (nodes - 2))
    if _is_exact(parameters, nodes):
        return 1 / pairs
    return nodes / min(nodes, int(str(parameters["sampling_size"]))) / pairs


JOB = Algorithm(
    summary="Share of shortest paths that pass through an account, sampled in large graphs.",
    procedure=lambda gds: gds.betweenness_centrality,
    defaults={"sampling_size": 100, "sampling_seed": 42, "exact_up_to": 2000},
    arguments=_arguments,
    scale=_scale,
    version="2",
)
