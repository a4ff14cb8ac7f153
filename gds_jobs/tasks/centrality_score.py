"""One centrality of three: 0.4 P(pagerank) + 0.3 P(betweenness) + 0.3 P(clustering).

P is the Hazen percentile over 100 among accounts that are not infrastructure; these have no score.
It ranks what those jobs wrote last, and so is always of all accounts.
Source: spec/features-and-rules.md section 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.schema import RunState
from cypher.scores import hazen
from gds_jobs.families import write
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    from gds_jobs.job import Context

WEIGHTS = {"pagerank": 0.4, "betweenness": 0.3, "clustering": 0.3}


def _work(context: Context) -> Outcome:
    graph, network = context.graph, context.network
    stored = graph.read("exports/account_numbers", network=network, keys=list(WEIGHTS))
    everyone = graph.read("exports/ledger_accounts", network=network)
    own = stored.join(everyone.filter(~pl.col("infra")), on="account", how="semi")
    values = own.select(
        "account",
        *(pl.col("values").list.get(place).alias(name) for place, name in enumerate(WEIGHTS)),
    ).drop_nulls()
    if values.is_empty():
        why = f"No account has all of {', '.join(WEIGHTS)}: run these jobs first."
        return Outcome(state=RunState.SKIPPED, error=why)
    parts = [hazen(values[name]) / 100 * weight for name, weight in WEIGHTS.items()]
    score = values.select("account", centrality_score=sum(parts[1:], parts[0]))
    write(graph, network, score, "centrality_score", context.progress)
    return Outcome(score.height)


JOB = Task(
    summary="Percentiles of PageRank, betweenness and clustering in one, as centrality_score.",
    work=_work,
    by_default=False,
)
