"""Chainswarm's behaviour features (swarm_v1), corrected: spec/features-and-rules.md section 9.

Not among these: centralities and hops, which are jobs and the family `khop`; what needs fiat
values (structuring, below threshold, dominant assets, the flags of traders and whales), which is
the family `fiat`; features of labels, which are the family `labels`. Features that the section
calls the same number as another are there once. dominant_flow_direction is 1 for incoming, -1 for
outgoing and 0 for balanced.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from cypher.family import SHARE, Family, Features, Refreshed
from cypher.measures import behaviour, counterparties, sides

if TYPE_CHECKING:
    from cypher.family import Change, Scope
    from cypher.graph import Graph
    from cypher.measures.sides import Sides, Span

PREFIX = "swarm_"
_INTEGERS = (
    "unique_senders", "unique_recipients", "unique_counterparties", "tx_in_count", "tx_out_count",
    "activity_days", "activity_span_days", "peak_hour", "peak_day", "outlier_count",
    "peak_volume_hour", "dominant_flow_direction", "unique_assets_in", "unique_assets_out",
    "is_new_address", "is_dormant_reactivated", "is_hub_address",
)  # fmt: skip
_FLOATS = (
    "total_in", "total_out", "net_flow", "total_volume", "avg_in", "avg_out", "median_in",
    "median_out", "max_amount", "min_amount", "amount_variance", "volume_std", "volume_cv",
    "amount_skewness", "amount_kurtosis", "flow_concentration", "counterparty_concentration",
    "volume_concentration_score", "concentration_ratio", "flow_diversity", "avg_daily_volume",
    "hourly_entropy", "daily_entropy", "regularity_score", "burst_factor", "weekend_ratio",
    "night_ratio", "reciprocity_ratio", "velocity_score", "round_number_ratio",
    "unusual_timing_score", "flow_burstiness", "amount_predictability",
    "flow_reciprocity_entropy", "counterparty_stability", "hourly_volume_variance",
    "intraday_volume_ratio", "in_out_ratio", "flow_asymmetry", "flow_direction_entropy",
    "counterparty_overlap_ratio", "asset_diversity_score", "volume_7d_vs_30d",
    "volume_30d_vs_90d", "degree_acceleration", "behavior_shift", "rapid_movement_score",
)  # fmt: skip
COLUMNS = {PREFIX + name: pl.Int64() for name in _INTEGERS} | {
    PREFIX + name: pl.Float64() for name in _FLOATS
}


def _read(graph: Graph, scope: Scope) -> Features:
    seen = sides.read(graph, scope)
    frame = table(seen)
    return Features(frame, sides.facts(seen, frame.height))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """Accounts with new transfers or with any that leaves a span of recent days or a quarter.

    `velocity_score` depends on the length of the whole and is moved for all others.
    """
    found = touched(graph, scope, change)
    if found is None:
        return None
    accounts, span = found
    seen = sides.read_some(graph, scope, change, accounts, span)
    frame = table(seen)
    was, most = (int(str(change.facts[name])) for name in ("end", "accounts"))
    moved = None if span[1] == was else _moved(graph, scope, accounts, seen.days)
    return Refreshed(accounts, frame, moved, sides.facts(seen, max(most, frame.height)))


def touched(graph: Graph, scope: Scope, change: Change) -> tuple[pl.Series, Span] | None:
    """Accounts that a change gives other values, and the span since; None where those are many."""
    was, most = (int(str(change.facts[name])) for name in ("end", "accounts"))
    span = sides.span_after(graph, scope, change)
    if span is None:
        return None
    crossed = _crossed((span[0], was), span)
    left = graph.read(
        "lookups/accounts_between",
        network=scope.network,
        asset=scope.asset,
        starts=[low for low, _ in crossed],
        ends=[high for _, high in crossed],
    )
    accounts = pl.concat([change.accounts, left["account"]]).unique().sort()
    return None if len(accounts) > SHARE * most else (accounts, span)


def _crossed(was: Span, now: Span) -> list[Span]:
    """Ranges of time that belong to other parts of the span when it has grown."""
    marks = zip(_marks(was), _marks(now), strict=True)
    return [(low, high) for low, high in marks if low < high]


def _marks(span: Span) -> list[int]:
    return [*behaviour.marks(span[1]), *counterparties.marks(span)]


def _moved(graph: Graph, scope: Scope, computed: pl.Series, days: float) -> pl.DataFrame:
    counts = [PREFIX + "tx_in_count", PREFIX + "tx_out_count"]
    own = sides.stored(graph, scope.network, counts)
    others = own.filter(~pl.col("account").is_in(computed.implode()))
    velocity = _velocity(pl.sum_horizontal(counts), days)
    return others.select("account", velocity.alias(PREFIX + "velocity_score"))


def table(seen: Sides) -> pl.DataFrame:
    """The features of what accounts did, in whatever unit its amounts are."""
    parts = [
        behaviour.amounts(seen),
        behaviour.times(seen),
        behaviour.hours_of_volume(seen),
        behaviour.gaps(seen),
        counterparties.flows(seen),
        counterparties.stability(seen),
        counterparties.assets(seen),
        behaviour.recent(seen),
    ]
    own = seen.rows.select("own").unique()
    whole = reduce(lambda left, right: left.join(right, on="own", how="left"), parts, own)
    frame = sides.finish(seen, [_derived(whole, seen.days)], [*_INTEGERS, *_FLOATS])
    return frame.select("account", *(
        pl.col(name.removeprefix(PREFIX)).cast(kind).alias(name) for name, kind in COLUMNS.items()
    ))  # fmt: skip


def _derived(frame: pl.DataFrame, days: float) -> pl.DataFrame:
    """What follows from several parts."""
    into, out = pl.col("total_in"), pl.col("total_out")
    volume = into + out
    count = pl.col("tx_in_count") + pl.col("tx_out_count")
    direction = (
        pl.when(into > 1.5 * out).then(1).when(out > 1.5 * into).then(-1)
        .when(volume.is_not_null()).then(0)
    )  # fmt: skip
    span_hours = pl.max_horizontal(pl.lit(1), pl.col("activity_span_days") * 24)
    return frame.with_columns(
        net_flow=into - out,
        total_volume=volume,
        avg_daily_volume=volume / pl.max_horizontal(pl.col("activity_days"), pl.lit(1)),
        reciprocity_ratio=_share(2 * pl.min_horizontal(into, out), volume, 0.0),
        in_out_ratio=_share(into, volume, 0.5),
        flow_asymmetry=_share((into - out).abs(), volume, 0.0),
        dominant_flow_direction=direction,
        rapid_movement_score=volume / span_hours,
        velocity_score=_velocity(count, days),
        is_hub_address=(pl.col("unique_senders") >= 50) & (pl.col("unique_recipients") >= 50),  # noqa: PLR2004 - as the section gives it
    )


def _velocity(count: pl.Expr, days: float) -> pl.Expr:
    return pl.min_horizontal(count / days / (100 / 30), pl.lit(1.0))


def _share(part: pl.Expr, whole: pl.Expr, none: float) -> pl.Expr:
    """A ratio; `none` where there is nothing, null where the whole is not known."""
    return pl.when(whole > 0).then(part / whole).when(whole.is_not_null()).then(none)


FAMILY = Family(
    summary="Chainswarm's volumes, concentration, rhythm, counterparties and recent changes.",
    columns=COLUMNS,
    read=_read,
    refresh=_refresh,
)
