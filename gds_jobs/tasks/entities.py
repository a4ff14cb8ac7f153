"""Finds accounts of one party: co-spending on UTXO chains, deposits and sweeps elsewhere.

co_spend: inputs of one transaction have one owner, unless it looks like a CoinJoin (confidence 0.9,
so these links count by themselves).
shared_deposit: accounts that pay into the same deposit address, which passes everything on to an
exchange or other infrastructure and serves at most `max_depositors` (0.6).
funded_and_swept: at least `min_members` accounts, first funded by the same account within a day,
that each pass everything on to one and the same account (0.5).
The last two count once a person accepts them, or with a lower `automatic`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher import entities
from gds_jobs.accounts import RANGE_TRANSFERS, account_ranges
from gds_jobs.batch import batch_of
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    from gds_jobs.batch import Batch
    from gds_jobs.job import Context

KEPT_EVIDENCE = 10
"""Transfers that a link names at most."""

FUNDED_WITHIN = pl.duration(hours=24)
CONFIDENCE = {"co_spend": 0.9, "shared_deposit": 0.6, "funded_and_swept": 0.5}
LINKS = pl.Schema(
    {
        "source": pl.String(),
        "target": pl.String(),
        "rule": pl.String(),
        "evidence": pl.List(pl.String()),
    }
)


def _work(context: Context) -> Outcome:
    batch = batch_of(context)
    if batch is None:
        return Outcome(results={"entities": 0})
    spends, sweeps = _read(context, batch)
    found = pl.concat(
        [
            co_spends(spends),
            shared_deposits(sweeps, int(str(context.parameters["max_depositors"]))),
            funded_and_swept(sweeps, int(str(context.parameters["min_members"]))),
        ]
    )
    links = graded(found)
    automatic = float(str(context.parameters["automatic"]))
    removed = entities.store_links(context.graph, context.network, links, context.run, automatic)
    members = entities.settle(context.graph, context.network)
    counts = dict(links.group_by("rule").len().sort("rule").iter_rows())
    results = {
        "links": counts,
        "removed": removed,
        "entities": members["entity"].n_unique(),
        "accounts": members.height,
    }
    return Outcome(members.height, results)


def _read(context: Context, batch: Batch) -> tuple[pl.DataFrame, pl.DataFrame]:
    ranges = account_ranges(context.graph, context.network, RANGE_TRANSFERS)
    spends, sweeps = [], []
    for step, (first, last) in enumerate(ranges.iter_rows()):
        context.progress("entities", step, ranges.height)
        scope = {"first": first, "last": last, "until": batch.end}
        spends.append(context.graph.read("exports/co_spends", **scope))
        sweeps.append(context.graph.read("exports/sweeps", **scope))
    context.progress("entities", ranges.height, ranges.height)
    return pl.concat(spends), pl.concat(sweeps)


def co_spends(spends: pl.DataFrame) -> pl.DataFrame:
    """Links of the inputs of one transaction to the smallest of them.

    Args:
        spends: `account`, `transaction`, `transfer`, `coinjoin`.
    """
    mixed = spends.filter("coinjoin").select("transaction").unique()
    own = spends.join(mixed, on="transaction", how="anti").sort("transaction", "account")
    first = own.group_by("transaction", maintain_order=True).agg(
        source=pl.col("account").first(), proof=pl.col("transfer").first()
    )
    pairs = own.join(first, on="transaction").filter(pl.col("account") != pl.col("source"))
    return _links(pairs.rename({"account": "target"}), "co_spend", "proof", "transfer")


def shared_deposits(sweeps: pl.DataFrame, max_depositors: int) -> pl.DataFrame:
    """Links of the accounts that pay into one deposit address to the first that did."""
    few = pl.col("senders").list.len().is_between(2, max_depositors)
    used = sweeps.filter(pl.col("custodial") & few).with_columns(
        source=pl.col("senders").list.first(), proof=pl.col("deposits").list.first()
    )
    each = used.explode("senders", "deposits").filter(pl.col("senders") != pl.col("source"))
    return _links(each.rename({"senders": "target"}), "shared_deposit", "proof", "deposits")


def funded_and_swept(sweeps: pl.DataFrame, min_members: int) -> pl.DataFrame:
    """Links of accounts of one funder and one collector to the smallest of them."""
    own = sweeps.filter(~pl.col("custodial") & pl.col("funder").is_not_null()).sort(
        "funder", "collector", "account"
    )
    group = ["funder", "collector"]
    soon = pl.col("funded") - pl.col("funded").min().over(group) < FUNDED_WITHIN
    together = own.filter(soon).filter(pl.len().over(group) >= min_members)
    pairs = together.with_columns(
        source=pl.col("account").first().over(group), proof=pl.col("funding").first().over(group)
    ).filter(pl.col("account") != pl.col("source"))
    return _links(
        pairs.rename({"account": "target"}), "funded_and_swept", "proof", "funding", "sweep"
    )


def _links(pairs: pl.DataFrame, rule: str, *proof: str) -> pl.DataFrame:
    return pairs.select(
        source=pl.min_horizontal("source", "target"),
        target=pl.max_horizontal("source", "target"),
        rule=pl.lit(rule),
        evidence=pl.concat_list(*proof),
    ).cast(LINKS)


def graded(found: pl.DataFrame) -> pl.DataFrame:
    """One link per pair and rule, with its first evidence, its confidence and how often it came."""
    return (
        found.group_by("source", "target", "rule")
        .agg(
            evidence=pl.col("evidence").explode().unique().sort().head(KEPT_EVIDENCE),
            times=pl.len().cast(pl.Int64),
            confidence=pl.col("rule").first().replace_strict(CONFIDENCE, return_dtype=pl.Float64),
        )
        .sort("source", "target", "rule")
    )


JOB = Task(
    summary="Groups accounts of one party into entities, each link with its rule and evidence.",
    work=_work,
    defaults={"automatic": entities.AUTOMATIC, "max_depositors": 5, "min_members": 3},
    reads_flow=True,
)
"""`automatic` is the confidence from which a link counts without a person."""
