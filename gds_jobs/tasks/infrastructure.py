"""Proposes the accounts with the most counterparties as infrastructure, for a person to decide on.

The `top` accounts by in-degree plus out-degree (FairOnChain's rule) that are not listed and that
nobody decided on, each with its ranks by betweenness, where that job has run, and by the entropy
of its transfers over counterparties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher import evidence
from gds_jobs.accounts import RANGE_TRANSFERS, account_ranges
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    from gds_jobs.job import Context

FIGURES = (
    "in_degree",
    "out_degree",
    "degree_rank",
    "betweenness",
    "betweenness_rank",
    "entropy",
    "entropy_rank",
)


def _work(context: Context) -> Outcome:
    ranges = account_ranges(context.graph, context.network, RANGE_TRANSFERS)
    parts = []
    for step, (first, last) in enumerate(ranges.iter_rows()):
        context.progress("infrastructure", step, ranges.height)
        parts.append(
            context.graph.read(
                "exports/counterparties",
                first=first,
                last=last,
                since=context.covered.start,
                until=context.covered.end,
            )
        )
    context.progress("infrastructure", ranges.height, ranges.height)
    if not parts:
        return Outcome(results={"proposed": 0})
    decided = context.graph.read("lookups/infra_decided", network=context.network)["account"]
    top = int(str(context.parameters["top"]))
    chosen = proposals(pl.concat(parts)).filter(~pl.col("account").is_in(decided.implode()))
    chosen = chosen.sort("degree_rank", "account").head(top)
    rows = [
        [
            entry["account"],
            evidence.short_hash(context.network, entry["account"]),
            context.network,
            {name: entry[name] for name in FIGURES},
        ]
        for entry in chosen.iter_rows(named=True)
    ]
    context.graph.write("writes/infra_propose", proposals=rows, run=context.run)
    gone = context.graph.write("writes/infra_withdraw", network=context.network, run=context.run)
    results = {
        "proposed": len(rows),
        "withdrawn": int(gone["removed"].sum()),
        "with_betweenness": bool(chosen["betweenness"].is_not_null().any()),
    }
    return Outcome(len(rows), results)


def proposals(accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts with their ranks, 1 for the highest; equal figures share the smallest rank.

    Args:
        accounts: `account`, `in_degree`, `out_degree`, `entropy`, `betweenness` (NaN if unknown).
    """
    known = accounts.with_columns(pl.col("betweenness").fill_nan(None))
    degree = pl.col("in_degree") + pl.col("out_degree")
    return known.with_columns(
        degree_rank=degree.rank("min", descending=True).cast(pl.Int64),
        betweenness_rank=pl.col("betweenness").rank("min", descending=True).cast(pl.Int64),
        entropy_rank=pl.col("entropy").rank("min", descending=True).cast(pl.Int64),
    )


JOB = Task(
    summary="Proposes accounts with very many counterparties as infrastructure.",
    work=_work,
    defaults={"top": 100},
    by_default=False,
)
"""`top` is how many accounts are proposed at most."""
