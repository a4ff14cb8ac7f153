"""Chainswarm's features of amounts in US dollars, over all assets of an account (section 9).

A transfer's value is its amount by the price of its own day (`cypher/prices.py`). What follows from
values is null for an account that has a transfer without one: a sum of some is not the sum.
`fiat_unpriced_ratio` tells how many those are. A dominant asset is that of the largest value or,
where one is not known, of the most transfers; on a tie the first id. Those two are text: no model
gets them.

Where a past day gets another price everything is computed anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher import prices
from cypher.families import swarm
from cypher.family import Family, Features, Refreshed
from cypher.measures import sides

if TYPE_CHECKING:
    from cypher.family import Change, Scope
    from cypher.graph import Graph
    from cypher.measures.sides import Sides

PREFIX = "fiat_"
_DOLLARS = (
    "total_in", "total_out", "net_flow", "total_volume", "avg_in", "avg_out", "median_in",
    "median_out", "max_amount", "min_amount", "amount_variance", "volume_std", "avg_daily_volume",
    "hourly_volume_variance", "rapid_movement_score",
)  # fmt: skip
"""Features of swarm that are dollars here, a variance squared ones."""
_RATIOS = (
    "volume_cv", "amount_skewness", "amount_kurtosis", "amount_predictability",
    "flow_concentration", "counterparty_concentration", "volume_concentration_score",
    "concentration_ratio", "flow_diversity", "reciprocity_ratio", "round_number_ratio",
    "flow_reciprocity_entropy", "counterparty_stability", "intraday_volume_ratio", "in_out_ratio",
    "flow_asymmetry", "volume_7d_vs_30d", "volume_30d_vs_90d", "outlier_count", "peak_volume_hour",
    "dominant_flow_direction",
)  # fmt: skip
_FLAGS = ("is_high_volume_trader", "is_retail_active", "is_whale_inactive", "is_retail_inactive")
_OWN = ("structuring_score", "below_threshold_ratio", "unpriced_ratio")
_ASSETS = ("dominant_asset_in", "dominant_asset_out")
COLUMNS = {
    **{f"{PREFIX}{name}_usd": pl.Float64() for name in _DOLLARS},
    **{PREFIX + name: swarm.COLUMNS[swarm.PREFIX + name] for name in _RATIOS},
    **{PREFIX + name: pl.Float64() for name in _OWN},
    **{PREFIX + name: pl.Int64() for name in _FLAGS},
    **{PREFIX + name: pl.String() for name in _ASSETS},
}

SMALL, LARGE, TINY = 1_000, 10_000, 100
"""US dollars."""
THRESHOLDS = (10_000, 3_000, 1_000, 500)
BELOW = 0.95
MANY, SOME, FEW = 1_000, 100, 10
"""Transfers."""


def _read(graph: Graph, scope: Scope) -> Features:
    paid = prices.read(graph, scope.network, scope.until)
    seen = sides.read(graph, scope, paid)
    frame = _table(seen)
    told = {"prices": paid.mark(seen.end), **_counts(seen.rows)}
    return Features(frame, {**sides.facts(seen, frame.height), **told})


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """The accounts that swarm would compute, unless a day before the last end has another price."""
    paid = prices.read(graph, scope.network)
    was, most = (int(str(change.facts[name])) for name in ("end", "accounts"))
    if paid.mark(was) != change.facts["prices"]:
        return None
    found = swarm.touched(graph, scope, change)
    if found is None:
        return None
    accounts, span = found
    seen = sides.read_some(graph, scope, change, accounts, span, paid=paid)
    frame = _table(seen)
    new = _counts(seen.rows.filter(pl.col("ledger") > change.above))
    told = {"prices": paid.mark(seen.end)} | {
        name: int(str(change.facts[name])) + count for name, count in new.items()
    }
    return Refreshed(accounts, frame, facts={**sides.facts(seen, max(most, frame.height)), **told})


def _counts(rows: pl.DataFrame) -> dict[str, int]:
    """How many transfers there are, and how many of no known value."""
    once = rows.filter(pl.col("sent") & ~pl.col("change"))["amount"]
    return {"transfers": len(once), "unpriced": once.null_count()}


def _table(seen: Sides) -> pl.DataFrame:
    own = sides.finish(seen, [_shares(seen), _dominant(seen)], [*_OWN, *_ASSETS])
    whole = swarm.table(seen).join(own, on="account", how="left", maintain_order="left")
    volume = pl.col(f"{swarm.PREFIX}total_volume")
    count = pl.col(f"{swarm.PREFIX}tx_in_count") + pl.col(f"{swarm.PREFIX}tx_out_count")
    flags = {
        "is_high_volume_trader": (volume >= LARGE) & (count >= MANY),
        "is_retail_active": (volume < SMALL) & (count >= SOME),
        "is_whale_inactive": (volume >= LARGE) & (count < FEW),
        "is_retail_inactive": (volume < TINY) & (count < FEW),
    }
    columns = {
        **{f"{name}_usd": pl.col(swarm.PREFIX + name) for name in _DOLLARS},
        **{name: pl.col(swarm.PREFIX + name) for name in _RATIOS},
        **{name: pl.col(name) for name in (*_OWN, *_ASSETS)},
        # Without the volume nothing is said, even where the number of transfers would do.
        **{name: pl.when(volume.is_not_null()).then(flag) for name, flag in flags.items()},
    }
    return whole.select("account", *(
        columns[name.removeprefix(PREFIX)].cast(kind).alias(name) for name, kind in COLUMNS.items()
    ))  # fmt: skip


def _shares(seen: Sides) -> pl.DataFrame:
    """How many single transfers are small, just below a threshold, or of no known value."""
    v = pl.col("amount")
    small = (v < SMALL).mean()
    raised = pl.when((small > 0.5) & (pl.len() > 2)).then((small * 1.5).clip(0, 1))  # noqa: PLR2004 - as the section gives it
    near = pl.any_horizontal((v >= BELOW * limit) & (v < limit) for limit in THRESHOLDS)
    unknown = v.null_count()
    frame = seen.valued.group_by("own").agg(
        unpriced_ratio=unknown / pl.len(),
        structuring_score=raised.otherwise(small),
        below_threshold_ratio=near.mean(),
        known=unknown == 0,
    )
    told = ("structuring_score", "below_threshold_ratio")
    return frame.with_columns(pl.when("known").then(name).alias(name) for name in told)


def _dominant(seen: Sides) -> pl.DataFrame:
    """The asset that an account mostly receives and sends."""
    paid = pl.col("amount").filter(~pl.col("change"))
    per_asset = seen.rows.group_by("own", "sent", pl.col("asset").cast(pl.String)).agg(
        # In the order of values, so that the order of loading changes no bit of a sum.
        value=paid.sort().sum(),
        unknown=paid.null_count(),
        count=pl.len().cast(pl.Float64),
    )
    known = pl.col("unknown").sum().over("own", "sent") == 0
    ranked = per_asset.with_columns(rank=pl.when(known).then("value").otherwise("count")).sort(
        "own", "sent", "rank", "asset", descending=[False, False, True, False]
    )
    first = ranked.group_by("own", "sent", maintain_order=True).first()
    sent, asset = pl.col("sent"), pl.col("asset")
    return first.group_by("own").agg(
        dominant_asset_in=asset.filter(~sent).first(), dominant_asset_out=asset.filter(sent).first()
    )


FAMILY = Family(
    summary="Volumes, concentration, structuring and dominant assets in US dollars of each day.",
    columns=COLUMNS,
    read=_read,
    refresh=_refresh,
)
