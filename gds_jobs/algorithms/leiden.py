"""Communities by the Leiden method, seeded; on one thread, so that the seed decides.

On hub-heavy ledgers it may take minutes: not in `--all`, and with a time limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gds_jobs.job import Algorithm

if TYPE_CHECKING:
    from graphdatascience import Graph, GraphDataScience

_NOTHING_MERGED = "LeidenDendrogramManager"
"""What GDS 2.13.9 fails over where every account stays a community of its own."""


@dataclass(frozen=True, slots=True)
class _Leiden:
    """GDS's endpoint, which also answers where nothing merges."""

    gds: GraphDataScience

    def estimate(self, projection: Graph, **arguments: Any) -> Any:
        return self.gds.leiden.estimate(projection, **arguments)

    def mutate(self, projection: Graph, *, mutate_property: str, **arguments: Any) -> Any:
        try:
            return self.gds.leiden.mutate(projection, mutate_property=mutate_property, **arguments)
        except Exception as error:  # its type belongs to the driver
            if _NOTHING_MERGED not in str(error):
                raise
        # Without relationships every account is a component, numbered as communities are.
        return self.gds.wcc.mutate(
            projection,
            mutate_property=mutate_property,
            relationship_types=[],
            consecutive_ids=True,
            log_progress=False,
        )


JOB = Algorithm(
    summary="Number of every account's community by the Leiden method, seeded.",
    procedure=_Leiden,
    defaults={"random_seed": 42, "gamma": 1.0, "theta": 0.01, "max_levels": 10, "weight": "count"},
    arguments=lambda given, _nodes: {**given, "consecutive_ids": True},
    simple=True,
    concurrency=1,
    by_default=False,
    limit_seconds=300.0,
)
