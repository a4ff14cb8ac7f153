"""Betweenness by Brandes' algorithm: directed, unweighted, not normalised.

Beyond `exact_up_to` accounts it is estimated from a sample of sources, and GDS does not scale the
estimate up: only its order and ratios mean anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gds_jobs.job import Algorithm

if TYPE_CHECKING:
    from gds_jobs.job import Parameters


def _arguments(parameters: Parameters, nodes: int) -> dict[str, object]:
    given = dict(parameters)
    exact = nodes <= int(str(given.pop("exact_up_to")))
    return {} if exact else given


JOB = Algorithm(
    summary="Betweenness of every account on shortest paths, sampled in large graphs.",
    procedure=lambda gds: gds.betweenness_centrality,
    defaults={"sampling_size": 100, "sampling_seed": 42, "exact_up_to": 2000},
    arguments=_arguments,
)
