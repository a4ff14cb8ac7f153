"""Groups the alerts of a batch: same entity, same pattern, network, temporal."""

from __future__ import annotations

from functools import partial
from math import fsum
from typing import TYPE_CHECKING

import polars as pl

from core.schema import Severity
from cypher import evidence, prices
from cypher.leases import PROJECTION
from gds_jobs import clusters
from gds_jobs.batch import batch_of
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    from gds_jobs.batch import Batch
    from gds_jobs.job import Context

ACCOUNTS = 1_000
"""Accounts whose counterparties are looked up at once."""

STORED = 500
_ORDER = list(Severity)


def _work(context: Context) -> Outcome:
    batch = batch_of(context)
    if batch is None:
        return Outcome(results={"clusters": {}})
    graph = context.graph
    alerts = graph.read(
        "lookups/batch_alerts",
        network=batch.network,
        processing_date=batch.day,
        window_days=batch.window_days,
    )
    pairs = _pairs(context, batch, alerts)
    found = {
        "same_entity": clusters.same_entity(alerts),
        "same_pattern": clusters.same_pattern(alerts),
        "network": clusters.network(alerts, pairs, partial(_communities, context)),
        "temporal": clusters.temporal(alerts, pairs),
    }
    units = _fiat(context, batch, alerts)
    rows: list[list[object]] = []
    for kind, labelled in found.items():
        joined = alerts.join(labelled, on="id")
        parts = joined.partition_by("cluster", maintain_order=True)
        rows += [_row(kind, part, batch, context.run, units) for part in parts]
    for start in range(0, len(rows), STORED):
        graph.write("writes/alert_clusters_store", clusters=rows[start : start + STORED])
    removed = graph.write(
        "writes/alert_clusters_sweep",
        network=batch.network,
        processing_date=batch.day,
        window_days=batch.window_days,
        run=context.run,
    )
    results = {
        "processing_date": batch.day,
        "window_days": batch.window_days,
        "alerts": alerts.height,
        "clusters": {kind: labelled["cluster"].n_unique() for kind, labelled in found.items()},
        "removed": int(removed["removed"].sum()),
    }
    return Outcome(len(rows), results)


def _pairs(context: Context, batch: Batch, alerts: pl.DataFrame) -> pl.DataFrame:
    accounts = alerts["account"].unique().sort()
    parts = [pl.DataFrame(schema={"account": pl.String, "counterparty": pl.String})]
    for start in range(0, accounts.len(), ACCOUNTS):
        context.progress("alert_clusters", start, accounts.len())
        parts.append(
            context.graph.read(
                "lookups/account_counterparties",
                accounts=accounts[start : start + ACCOUNTS],
                until=batch.end,
                hub_degree=context.parameters["hub_degree"],
            )
        )
    return pl.concat(parts)


def _communities(context: Context, pairs: pl.DataFrame, gamma: float) -> pl.DataFrame:
    """Leiden communities of pairs, in a projection that is dropped whatever happens."""
    name = PROJECTION + context.run
    try:
        context.graph.read(
            "lookups/project_pairs",
            name=name,
            sources=pairs["account"],
            targets=pairs["counterparty"],
        )
        return context.graph.read("lookups/leiden_communities", name=name, gamma=gamma)
    finally:
        context.gds.graph.drop(name, fail_if_missing=False)


def _fiat(context: Context, batch: Batch, alerts: pl.DataFrame) -> dict[str, float]:
    """What each transfer in evidence is worth in US dollars of its day, where that is known."""
    paid = prices.read(context.graph, batch.network, batch.end)
    if not paid.any or alerts.is_empty():
        return {}
    proof = evidence.read(context.graph, alerts["transfers"].explode().drop_nulls())
    worth = proof.select("id", value=paid.values(proof))
    return dict(worth.drop_nulls().iter_rows())


def _row(
    kind: str, part: pl.DataFrame, batch: Batch, run: str, worth: dict[str, float]
) -> list[object]:
    grade = pl.col("severity").replace_strict(
        {severity.value: place for place, severity in enumerate(_ORDER)}, return_dtype=pl.Int64
    )
    ranked = part.with_columns(grade=grade).sort(
        "grade", "confidence", "volume_usd", "id",
        descending=[True, True, True, False], nulls_last=True,
    )  # fmt: skip
    first, ids = ranked.row(0, named=True), sorted(part["id"])
    proof = pl.DataFrame({"id": part["transfers"].explode().drop_nulls().unique()})
    every = evidence.of_network(proof, batch.network)["id"]
    known = [worth[key] for key in every if key in worth]
    properties = {
        "network": batch.network,
        "window_days": batch.window_days,
        "cluster_type": kind,
        "run": run,
        "primary_address": first["account"].partition(":")[2],
        "primary_alert_id": first["id"],
        "pattern_id": first["pattern_id"] if kind == "same_pattern" else None,
        "related_alert_ids": ids,
        "addresses_involved": sorted(a.partition(":")[2] for a in part["account"].unique()),
        "total_alerts": len(ids),
        # A sum of some of them would not be the total.
        "total_volume_usd": fsum(known) if known and len(known) == len(every) else None,
        "severity_max": first["severity"],
        "confidence_avg": fsum(part["confidence"]) / part.height,
        "earliest_alert_timestamp": part["started"].min(),
        "latest_alert_timestamp": part["started"].max(),
    }
    key = evidence.short_hash(batch.key, kind, *ids)
    return [key, batch.day, properties, ids]


JOB = Task(
    summary="Groups alerts by entity, pattern, neighbourhood in the graph, and time.",
    work=_work,
    defaults={"hub_degree": 1000},
    reads_flow=True,
    after=("alerts", "entities"),
)
"""An account with more than `hub_degree` counterparties connects nobody."""
