"""HITS: hubs send to many authorities, authorities receive from many hubs (Kleinberg 1999).

A task, because only the streaming procedure of GDS 2.13.9 tells the two scores apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.schema import RunState
from gds_jobs.families import write
from gds_jobs.job import Outcome, Task, breadth_first_memory
from gds_jobs.projection import Scope, projected, refuse_if_too_large

if TYPE_CHECKING:
    from gds_jobs.job import Context


def _work(context: Context) -> Outcome:
    graph, share = context.graph, context.spec.heap_share
    scope = Scope(context.network, context.spec.asset, context.covered, "none", undirected=False)
    with projected(graph, context.gds, context.run, scope, share) as projection:
        if projection is None:
            return Outcome(state=RunState.SKIPPED, error="There is no transfer in the range.")
        needed = breadth_first_memory(projection.node_count())
        refuse_if_too_large(graph, "'hits'", needed, share)
        iterations = int(str(context.parameters["iterations"]))
        name = projection.name()
        scores = graph.read("lookups/projection_hits", name=name, iterations=iterations)
    own = pl.when(~pl.col("infra"))
    told = scores.select("account", *(own.then(name).alias(name) for name in ("authority", "hub")))
    write(graph, context.network, told, "hits", context.progress)
    return Outcome(scores.height)


JOB = Task(
    summary="Authority and hub score of every account by HITS, as authority and hub.",
    work=_work,
    defaults={"iterations": 50},
    reads_flow=True,
)
