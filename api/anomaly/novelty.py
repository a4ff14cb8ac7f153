"""The job `novelty`: scores of the views of an account, and the votes of three detectors.

spec/features-and-rules.md section 9.1. It reads what other jobs left on the accounts, and of them
only those whose last run covered just what this one covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from api.anomaly.runs import spec_of
from core.schema import RunState
from cypher.measures import sides
from cypher.scores import BANDS, hazen, publish
from gds_jobs import families
from gds_jobs.batch import batch_of
from gds_jobs.job import Outcome, Task
from gds_jobs.tasks.centrality_score import WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from gds_jobs.job import Context
    from ml.novelty import Novelty

MODEL = "unsupervised_anomaly"
VOTES = 3
BEHAVIOUR = (
    "total_in", "total_out", "net_flow", "total_volume", "avg_in", "avg_out", "max_amount",
    "min_amount", "amount_variance", "amount_skewness", "amount_kurtosis", "volume_std",
    "volume_cv", "tx_in_count", "tx_out_count", "activity_days", "activity_span_days",
    "avg_daily_volume", "peak_hour", "peak_day", "regularity_score", "burst_factor",
    "velocity_score", "hourly_entropy", "daily_entropy", "weekend_ratio", "night_ratio",
    "round_number_ratio", "unusual_timing_score",
)  # fmt: skip
"""Of the family `swarm`; the structuring score is of `fiat`, where that family was run too."""

STRUCTURING = "structuring_score"

CENTRALITIES = ("pagerank", "betweenness", "closeness", "clustering", "kcore")
HOPS = tuple(f"khop{hop}_{what}" for hop in (1, 2, 3) for what in ("count", "volume"))
VIEWS = {
    "behavioral": (*BEHAVIOUR, STRUCTURING),
    "graph": (*CENTRALITIES, "centrality_score", "unique_counterparties"),
    "neighborhood": HOPS,
}
_SWARM = "swarm_"


def task(archive: Path | None = None, kept_runs: int = 5) -> Task:
    """The job, with where scores of runs that leave the graph go and how many stay."""
    return Task(
        summary="Anomaly scores of behaviour, graph and neighbourhood, and votes of 3 detectors.",
        work=lambda context: _work(context, archive, kept_runs),
        defaults={"seed": 42},
        after=("patterns",),
    )


def _work(context: Context, archive: Path | None, kept_runs: int) -> Outcome:
    # scikit-learn is loaded when it is used, not when a command starts.
    from ml import novelty  # noqa: PLC0415

    jobs = ("swarm", "khop", "fiat", *CENTRALITIES)
    alike = set(context.graph.read("lookups/jobs_alike", run=context.run, jobs=list(jobs))["job"])
    missing = [job for job in jobs if job not in alike]
    if "swarm" in missing:
        why = "The features of 'swarm' do not cover this range; run that job with it."
        return Outcome(state=RunState.SKIPPED, error=why)
    features = _features(context, alike)
    if features.is_empty():
        return Outcome(state=RunState.SKIPPED, error="There is no account to judge in the range.")
    seed = int(str(context.parameters["seed"]))
    sizes = ("total_volume", "unique_counterparties", "transfers")
    found = novelty.find(features, VIEWS, sizes, _instances(context), seed)
    views = [name for name in (*VIEWS, novelty.GLOBAL) if found.columns[name]]
    named = {name: f"{name}_anomaly_score" for name in views}
    stored = found.frame.select("account", *named, novelty.INSTANCES).rename(named)
    families.write(context.graph, context.network, stored, "novelty", context.progress)
    facts: dict[str, object] = {
        "columns": {name: list(columns) for name, columns in found.columns.items()},
        "jobs_left_out": missing,
        "eps": found.eps,
        "noise": found.noise,
        "votes": dict(found.frame.group_by("votes").len().sort("votes").iter_rows()),
    }
    spec = spec_of(context, MODEL, facts)
    frame = _scores(found, views, sizes)
    run = publish(context.graph, spec, frame, archive=archive, keep=kept_runs).run
    return Outcome(frame.height, {**facts, "run": run})


def _features(context: Context, alike: set[str]) -> pl.DataFrame:
    """Stored numbers of accounts that are no infrastructure, in the order of their ids."""
    own = {name: _SWARM + name for name in (*BEHAVIOUR, "unique_counterparties")}
    own |= {STRUCTURING: f"fiat_{STRUCTURING}"} if "fiat" in alike else {}
    graph = [name for name in CENTRALITIES if name in alike]
    hops = list(HOPS) if "khop" in alike else []
    keys = [_SWARM + "unique_counterparties", *own.values(), *graph, *hops]
    wanted = list(dict.fromkeys(keys))
    found = sides.stored(context.graph, context.network, wanted)
    named = found.rename({key: name for name, key in own.items()})
    # Of centralities in one number only what is there counts, in its share.
    ranks = [
        share * hazen(pl.col(name).fill_null(0)) / 100
        for name, share in WEIGHTS.items()
        if name in alike
    ]
    total = sum(share for name, share in WEIGHTS.items() if name in alike)
    score = pl.sum_horizontal(ranks) / total if ranks else pl.lit(None, pl.Float64)
    return named.with_columns(
        centrality_score=score,
        transfers=pl.sum_horizontal("tx_in_count", "tx_out_count"),
    ).sort("account")


def _instances(context: Context) -> pl.DataFrame:
    batch = batch_of(context)
    if batch is None:
        return pl.DataFrame(schema={"account": pl.String})
    found = context.graph.read(
        "lookups/instances_of_accounts",
        network=batch.network,
        processing_date=batch.day,
        window_days=batch.window_days,
    )
    return found.pivot("pattern_type", index="account", values="instances", sort_columns=True)


def _scores(found: Novelty, views: list[str], sizes: tuple[str, ...]) -> pl.DataFrame:
    """Shares of the votes as scores, with what voted as reasons."""
    from ml.novelty import STRANGE  # noqa: PLC0415 - scikit-learn again

    frame = found.frame
    said = [
        pl.when("dbscan").then(pl.lit("no dense group of accounts near (DBSCAN)")),
        *(
            pl.when(pl.col(view) > STRANGE).then(
                pl.format("strange in its {} view: {}", pl.lit(view), pl.col(view).round(4))
            )
            for view in views
        ),
        pl.when("size").then(pl.lit(f"above q99 in one of {', '.join(sizes)}")),
    ]
    value = pl.col("votes") / VOTES
    return frame.select(
        "account",
        value.alias("value"),
        hazen(value).alias("percentile"),
        pl.col("votes")
        .replace_strict(dict(enumerate(BANDS)), return_dtype=pl.String)
        .alias("band"),
        pl.concat_list(said).list.drop_nulls().alias("reasons"),
    )
