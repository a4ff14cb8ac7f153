"""AstroML's temporal and asset features (astro_v1), spec/features-and-rules.md section 8.

Its centralities are jobs; memo features are the family `memo`.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import polars as pl

from core.times import DAY_MS
from cypher.family import SHARE, Family, Features, Refreshed
from cypher.measures import sides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.family import Change, Scope
    from cypher.graph import Graph
    from cypher.measures.sides import Sides

DEFAULTS = {"decay": 0.01}
"""`decay` per day: a transfer's weight is exp(-decay * days before the end); 0.01 halves in 69."""

_COLUMNS = {
    "tx_in_count": pl.Int64(),
    "tx_out_count": pl.Int64(),
    "total_received": pl.Float64(),
    "total_sent": pl.Float64(),
    "strength": pl.Float64(),
    "first_seen_ts": pl.Int64(),
    "account_age_seconds": pl.Float64(),
    "unique_asset_count": pl.Int64(),
    "asset_entropy": pl.Float64(),
    "mean_tx_per_day": pl.Float64(),
    "std_tx_per_day": pl.Float64(),
    "burstiness": pl.Float64(),
    "net_flow_ratio": pl.Float64(),
    "log_net_flow_ratio": pl.Float64(),
    "decayed_sum": pl.Float64(),
    "decayed_mean": pl.Float64(),
    "decayed_weighted_mean": pl.Float64(),
    "degree_centrality": pl.Float64(),
}
PREFIX = "astro_"
_DECAYED = ("decayed_sum", "decayed_mean")
_UNDERFLOW = 600.0
"""A weight below exp(-600) may have been rounded to nothing, and cannot be carried on."""


def _read(graph: Graph, scope: Scope) -> Features:
    seen = sides.read(graph, scope)
    accounts = seen.rows["own"].n_unique()
    return Features(_table(seen, _rate(scope), accounts), sides.facts(seen, accounts))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """Touched accounts anew; of all others what depends on the end and the number of accounts."""
    span, rate = sides.span_after(graph, scope, change), _rate(scope)
    if span is None or abs(rate) * (span[1] - span[0]) / DAY_MS > _UNDERFLOW:
        return None
    found = graph.read("lookups/accounts_active", network=scope.network, asset=scope.asset)
    accounts, touched = int(found["accounts"][0]), change.accounts
    if len(touched) > SHARE * accounts:
        return None
    seen = sides.read_some(graph, scope, change, touched, span)
    facts = sides.facts(seen, accounts)
    moved = None if facts == change.facts else _moved(graph, scope, change, facts)
    if moved is not None:
        moved = moved.filter(~pl.col("account").is_in(touched.implode()))
    return Refreshed(touched, _table(seen, rate, accounts), moved, facts)


def _moved(graph: Graph, scope: Scope, change: Change, facts: Mapping[str, object]) -> pl.DataFrame:
    was, now = (
        {name: int(str(told[name])) for name in ("end", "accounts")}
        for told in (change.facts, facts)
    )
    keys = ("first_seen_ts", "degree_centrality", *(() if facts["several"] else _DECAYED))
    own = sides.stored(graph, scope.network, [PREFIX + key for key in keys])
    end, first = now["end"], pl.col(PREFIX + "first_seen_ts")
    # Back to the number it came from, so that no error adds up.
    others = (pl.col(PREFIX + "degree_centrality") * max(was["accounts"] - 1, 1)).round()
    fade = exp(-_rate(scope) * (end - was["end"]) / DAY_MS)
    decayed = [pl.col(PREFIX + key) * fade for key in keys if key in _DECAYED]
    age = ((end - first) / 1000).clip(0).alias(PREFIX + "account_age_seconds")
    central = (others / max(now["accounts"] - 1, 1)).alias(PREFIX + "degree_centrality")
    return own.select("account", age, central, *decayed)


def _rate(scope: Scope) -> float:
    return float(str({**DEFAULTS, **scope.parameters}["decay"]))


def _table(seen: Sides, rate: float, accounts: int) -> pl.DataFrame:
    per_asset = seen.events.group_by("own", "asset").agg(count=pl.len())
    mix = sides.entropy(per_asset, "count").rename(
        {"entropy": "asset_entropy", "shares": "unique_asset_count"}
    )
    first = seen.before.group_by("own").agg(first_seen_ts=pl.col("ts").min())
    age = ((seen.end - pl.col("first_seen_ts")) / 1000).clip(0).alias("account_age_seconds")
    parts = [_totals(seen, rate, accounts), _daily(seen), mix, first.with_columns(age)]
    frame = sides.finish(seen, parts, list(_COLUMNS))
    return frame.select(
        "account",
        *(pl.col(name).cast(kind).alias(PREFIX + name) for name, kind in _COLUMNS.items()),
    )


def _totals(seen: Sides, rate: float, accounts: int) -> pl.DataFrame:
    amount, sent = pl.col("amount"), pl.col("sent")
    days = (seen.end - pl.col("ts")) / DAY_MS
    weighted = seen.valued.with_columns(weight=(-rate * days).exp())
    known = amount.null_count() == 0
    others = pl.col("other").filter(pl.col("other") != pl.col("own")).n_unique()
    counts = seen.events.group_by("own").agg(tx_in_count=(~sent).sum(), tx_out_count=sent.sum())
    known_others = seen.rows.group_by("own").agg(others=others)
    totals = weighted.group_by("own", maintain_order=True).agg(
        total_received=pl.when(known).then(amount.filter(~sent).sum()),
        total_sent=pl.when(known).then(amount.filter(sent).sum()),
        decayed_sum=pl.when(known).then((amount * pl.col("weight")).sum()),
        weight=pl.col("weight").sum(),
        count=pl.len(),
    )
    got, gave = pl.col("total_received"), pl.col("total_sent")
    joined = known_others.join(counts, on="own").join(totals, on="own", how="left")
    none = pl.col("count").is_null()
    moved = [
        pl.when(none).then(0.0).otherwise(name).alias(name)
        for name in ("total_received", "total_sent")
    ]
    return joined.with_columns(moved).with_columns(
        strength=got + gave,
        net_flow_ratio=_ratio(gave, got),
        log_net_flow_ratio=_ratio((gave + 1).log10(), (got + 1).log10()),
        decayed_mean=pl.col("decayed_sum") / pl.col("count"),
        decayed_weighted_mean=pl.col("decayed_sum") / pl.col("weight"),
        degree_centrality=pl.col("others") / max(accounts - 1, 1),
    )


def _ratio(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return (
        pl.when(one + other > 0)
        .then((one - other) / (one + other))
        .when((one + other).is_not_null())
        .then(0.0)
    )


def _daily(seen: Sides) -> pl.DataFrame:
    """Transfers per calendar day from the first to the last active one; days without count as 0."""
    day = pl.col("ts") // DAY_MS
    counted = seen.events.group_by("own", day=day).agg(count=pl.len().cast(pl.Float64))
    n = (pl.col("day").max() - pl.col("day").min() + 1).cast(pl.Float64)
    total, squares = pl.col("count").sum(), (pl.col("count") ** 2).sum()
    moments = counted.group_by("own").agg(n=n, total=total, squares=squares)
    mean = pl.col("total") / pl.col("n")
    spread = (pl.col("squares") - pl.col("n") * mean**2).clip(0) / (pl.col("n") - 1)
    std = pl.when(pl.col("n") > 1).then(spread.sqrt()).otherwise(0.0)
    timed = moments.select("own", mean_tx_per_day=mean, std_tx_per_day=std)
    sigma, mu = pl.col("std_tx_per_day"), pl.col("mean_tx_per_day")
    return timed.with_columns(burstiness=(sigma - mu) / (sigma + mu))


FAMILY = Family(
    summary="AstroML's activity per day, burstiness, asset mix and decay-weighted amounts.",
    columns={PREFIX + name: kind for name, kind in _COLUMNS.items()},
    read=_read,
    refresh=_refresh,
    defaults=DEFAULTS,
)
