"""The job `anomaly`: `cypher` reads and writes, `ml` computes, this brings them together."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

from api.anomaly import agreement, novelty, reasons, table
from api.anomaly.runs import spec_of
from core.schema import RunState
from core.times import from_epoch_ms
from cypher import rules
from cypher.families.fairon import rounded
from cypher.family import Scope
from cypher.measures import fairon, loops
from cypher.scores import BANDS, hazen, publish
from gds_jobs import families
from gds_jobs.job import Outcome, Task

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cypher.rules import Verdict
    from gds_jobs.job import Context

MODELS = {
    "rules": "rule_score_raw",
    "mahalanobis": "mahalanobis_distance",
    "iforest": "iforest_score",
    "fairon": "final_score_0_100",
}
"""Names under which scores are published, and the column that is their value; fused comes last."""

CHAIN_IDS = {"ethereum": 1, "optimism": 10, "binance": 56, "polygon": 137, "arbitrum": 42161}
_CUTS = (90.0, 99.0, 99.9)


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where account tables and old scores go, and how many score runs stay in the graph."""

    archive: Path | None = None
    kept_runs: int = 5


def tasks(archive: Path | None = None, kept_runs: int = 5) -> dict[str, Task]:
    """The jobs that need `cypher` and `ml` together.

    Args:
        archive: folder for account tables and for the scores of runs that leave the graph.
        kept_runs: sealed score runs of a model that stay in the graph.
    """
    keeping = Keeping(archive, kept_runs)
    anomaly = Task(
        summary="Rules H1 to H6, Mahalanobis distance, Isolation Forest and their fused score.",
        work=lambda context: _work(context, keeping),
        defaults={"chain_id": 0, "year": 0, "month": 0, "seed": 42},
    )
    return {"anomaly": anomaly, "novelty": novelty.task(archive, kept_runs)}


def _work(context: Context, keeping: Keeping) -> Outcome:
    # scikit-learn is loaded when it is used, not when a command starts.
    from ml import outliers  # noqa: PLC0415

    covered, graph = context.covered, context.graph
    given = context.spec.parameters.get("fairon", {})
    own = {name: value for name, value in given.items() if name != families.REBUILD}
    scope = Scope(context.network, context.spec.asset, covered.start, covered.end, own)
    found = fairon.read(graph, scope)
    judged = found.accounts.filter(~pl.col("is_infra")).sort("account")
    if judged.is_empty():
        of = f" that moved {found.asset} (--asset names another)" if found.asset else ""
        why = f"There is no account to judge in the range{of}."
        return Outcome(state=RunState.SKIPPED, error=why)
    _replace(context, rounded(found), same=all(own[key] == fairon.DEFAULTS[key] for key in own))
    verdict = rules.apply(graph, context.network)
    strange = outliers.find(judged, int(str(context.parameters["seed"])))
    flags = _flags(judged, verdict)
    fused = outliers.fuse(
        flags["rule_score_raw"].cast(pl.Float64).to_numpy(), strange.distance, strange.isolation
    )
    distances = {"mahalanobis_distance": strange.distance, "iforest_score": strange.isolation}
    scored = pl.concat([flags, pl.DataFrame(distances), fused], how="horizontal")
    walks = loops.walkable(graph, scope, found, reasons.hit(verdict, "h6"))
    month = _month(context)
    facts: dict[str, object] = {
        "asset": found.asset,
        **_infrastructure(found.accounts),
        "thresholds": dict(verdict.thresholds),
        "flags": {rule: reasons.hit(verdict, rule).len() for rule in table.RULES},
        "rank": strange.rank,
        "status": strange.status,
        "columns": list(strange.columns),
        "loops_of_h6": int(walks["loops"].sum()),
        "loops_of_h6_in_time": int(walks["in_time"].sum()),
        "fairon": {**fairon.DEFAULTS, **own},
        **dict(zip(table.MONTH, month, strict=True)),
    }
    told = scored.select("account").join(
        reasons.of_rules(found, verdict, walks), on="account", how="left", maintain_order="left"
    )
    explained = scored.with_columns(
        told["rules"].fill_null([]), reasons.of_columns(scored, strange, list(MODELS.values()))
    )
    compared = agreement.report(context, scored)
    run = _publish(context, explained, facts, keeping)
    if keeping.archive is not None:
        table.keep(table.compose(found.accounts, scored, month), keeping.archive, run)
    return Outcome(judged.height, {**facts, "run": run, "agreement": compared})


def _replace(context: Context, features: pl.DataFrame, *, same: bool) -> None:
    """Write the features that rules read; what the job `fairon` left is not built upon then.

    Said before, because the run may be killed, and after, because that job may have begun.
    """
    marked = {"run": context.run, "job": "fairon", "same": same}
    context.graph.write("writes/job_run_supersede", **marked)
    families.write(context.graph, context.network, features, "fairon", context.progress)
    context.graph.write("writes/job_run_supersede", **marked)


def _flags(judged: pl.DataFrame, verdict: Verdict) -> pl.DataFrame:
    """Flags and descriptions of every judged account, and the raw rule score."""
    frame = judged.select("account")
    for rule in table.RULES:
        met = pl.col("account").is_in(reasons.hit(verdict, rule).implode())
        text = pl.when(met).then(pl.lit(rules.description(rule.lower()))).otherwise(pl.lit(""))
        flag = met.cast(pl.Int64).alias(f"{rule}_flag")
        frame = frame.with_columns(flag, text.alias(f"{rule}_description"))
    # H1 to H4 may hold together where quantiles are small, and count once.
    group = pl.max_horizontal(f"{rule}_flag" for rule in table.RULES[:4])
    raw = group + pl.col("H5_flag") + pl.col("H6_flag")
    return frame.with_columns(raw.alias("rule_score_raw"))


def _infrastructure(accounts: pl.DataFrame) -> dict[str, object]:
    """What the list of infrastructure was, as far as it matters here."""
    infra = accounts.filter("is_infra")["account"].sort()
    digest = sha256("\n".join(infra).encode()).hexdigest()
    return {"accounts": accounts.height, "infrastructure": infra.len(), "infra_list": digest}


def _month(context: Context) -> tuple[int, int, int]:
    """Chain, year and month that the table carries; by default of the last transfer read."""
    given = [int(str(context.parameters[name])) for name in table.MONTH]
    span = context.graph.read(
        "lookups/last_transfer",
        network=context.network,
        since=context.covered.start,
        until=context.covered.end,
    )
    last = from_epoch_ms(int(span["last"][0]))
    told = context.graph.read("lookups/chain_id", network=context.network)["chain_id"]
    chain_id = int(told[0]) if len(told) else CHAIN_IDS.get(context.network, 0)
    usual = (chain_id, last.year, last.month)
    chain, year, month = (value or default for value, default in zip(given, usual, strict=True))
    return chain, year, month


def _publish(
    context: Context, scored: pl.DataFrame, facts: Mapping[str, object], keeping: Keeping
) -> str:
    """Publish a run of every model; that of the fused score is returned."""
    both = pl.concat_list("rules", "columns")
    told = {"rules": pl.col("rules"), "fairon": both}
    run = ""
    for model, column in MODELS.items():
        value = pl.col(column).cast(pl.Float64)
        percentile = hazen(value)
        # A count of rules has a scale of its own; the rest is graded by the highest 10, 1, 0.1 %.
        place = (
            pl.col(column)
            if model == "rules"
            else pl.sum_horizontal((percentile >= cut).cast(pl.Int64) for cut in _CUTS)
        )
        frame = scored.select(
            "account",
            value.alias("value"),
            percentile.alias("percentile"),
            place.replace_strict(dict(enumerate(BANDS)), return_dtype=pl.String).alias("band"),
            told.get(model, pl.col("columns")).alias("reasons"),
        )
        spec = spec_of(context, model, facts)
        kept = keeping.kept_runs
        run = publish(context.graph, spec, frame, archive=keeping.archive, keep=kept).run
    return run
