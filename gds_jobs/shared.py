"""GDS algorithms on one projection: projecting costs more than most of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gds_jobs.accounts import clear_property
from gds_jobs.families import Values
from gds_jobs.job import Outcome
from gds_jobs.projection import WEIGHT, Scope, refuse_if_too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from graphdatascience import GraphDataScience
    from graphdatascience.graph import Graph as Projection

    from cypher.graph import Graph
    from gds_jobs.job import Algorithm, Parameters, RunSpec
    from gds_jobs.windows import Range


@dataclass(frozen=True, slots=True)
class Asked:
    """An algorithm and the parameters it is run with."""

    name: str
    job: Algorithm
    parameters: Parameters

    @property
    def weight(self) -> str:
        """What weighs a pair of accounts, one of WEIGHTS."""
        return str(self.parameters.get(WEIGHT, "none"))

    def arguments(self, accounts: int) -> dict[str, object]:
        """What the endpoint is called with on so many accounts."""
        own = {key: value for key, value in self.parameters.items() if key != WEIGHT}
        found = self.job.arguments(own, accounts)
        return found if self.weight == "none" else {**found, "relationship_weight_property": WEIGHT}


def sharing(asked: Iterable[Asked]) -> list[list[Asked]]:
    """The algorithms in their order, in groups that one projection serves.

    Where a projection has weights, an algorithm without any does not look at them. One that does
    not run by default may take long: nobody waits for it.
    """
    groups: list[list[Asked]] = []
    for one in asked:
        if groups and _serves(groups[-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _serves(group: Sequence[Asked], one: Asked) -> bool:
    first = group[0].job
    same = (first.simple, first.undirected) == (one.job.simple, one.job.undirected)
    weights = {each.weight for each in (*group, one)} - {"none"}
    return same and len(weights) < 2 and first.by_default and one.job.by_default  # noqa: PLR2004


def scope_of(group: Sequence[Asked], network: str, spec: RunSpec, covered: Range) -> Scope:
    """What is projected for a group."""
    weight = next((one.weight for one in group if one.weight != "none"), "none")
    job = group[0].job
    return Scope(network, spec.asset, covered, weight, undirected=job.undirected, simple=job.simple)


def compute(
    graph: Graph, gds: GraphDataScience, projection: Projection, one: Asked, share: float
) -> Outcome:
    """Run an algorithm; the projection has its values then.

    Raises:
        StateError: it does not fit into the server's memory.
    """
    accounts = projection.node_count()
    arguments, procedure = one.arguments(accounts), one.job.procedure(gds)
    if one.job.memory is None:
        needed = procedure.estimate(projection, **arguments).bytes_max
    else:
        needed = one.job.memory(accounts)
    refuse_if_too_large(graph, f"'{one.name}'", needed, share)
    done = procedure.mutate(
        projection,
        mutate_property=one.name,
        concurrency=one.job.concurrency,
        log_progress=False,
        **arguments,
    )
    results = done.model_dump(exclude={"configuration"})
    rows_in = projection.relationship_count()
    return Outcome(int(done.node_properties_written), results, rows_in=rows_in)


def values(
    graph: Graph, gds: GraphDataScience, projection: Projection, scope: Scope, one: Asked
) -> list[Values]:
    """What an algorithm computed and is to be written.

    Numbers: GDS would write them in a few transactions that outgrow the server's memory. Embeddings
    would be large as columns, so GDS writes them at once. Accounts that a window leaves out keep no
    old value.
    """
    if not one.job.embeds:
        return [Values(_numbers(graph, projection, one))]
    if not scope.range.whole:
        clear_property(graph, scope.network, one.name)
    gds.graph.node_properties.write(
        projection, one.name, concurrency=one.job.concurrency, log_progress=False
    )
    return []


def _numbers(graph: Graph, projection: Projection, one: Asked) -> pl.DataFrame:
    """`account` and an algorithm's number, scaled, under its name; infrastructure has null."""
    found = graph.read("lookups/projection_values", name=projection.name(), key=one.name)
    value = pl.col("value")
    if one.job.scale is not None:
        value = value * one.job.scale(one.parameters, projection.node_count())
    elif found["whole"].all():
        value = value.cast(pl.Int64)
    return found.select("account", pl.when(~pl.col("infra")).then(value).alias(one.name))
