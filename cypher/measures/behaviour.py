"""How much and when an account moves: amounts, hours, weekdays, gaps and recent changes.

spec/features-and-rules.md section 9. Every function returns `own` and its features. Hours and
weekdays are UTC, Monday is 0; night is from 0 to 5 o'clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.times import DAY_MS
from cypher.measures.sides import entropy, gini, once

if TYPE_CHECKING:
    from cypher.measures.sides import Sides

_HOUR_MS = 3_600_000
_MONDAY = 3
"""1970-01-01 was a Thursday."""

_LAST_NIGHT_HOUR, _SATURDAY = 5, 5
_OUTLIERS_FROM, _ROUND = 20, 100
_DORMANT_DAYS = 90
_RECENT = (7, 30, 90)
_HOUR = (pl.col("ts") // _HOUR_MS) % 24
_WEEKDAY = (pl.col("ts") // DAY_MS + _MONDAY) % 7


def amounts(seen: Sides) -> pl.DataFrame:
    """Moments of single amounts; null where an amount is not known."""
    v, sent = pl.col("amount"), pl.col("sent")
    known, n, mean = v.null_count() == 0, pl.len(), v.mean()
    varies = v.min() < v.max()
    std = pl.when(n > 1).then(pl.when(varies).then(v.std()).otherwise(0.0)).otherwise(0.0)
    cv = pl.when(mean != 0).then(std / mean)
    above = (v > v.quantile(0.99, "linear")).sum()
    told = {
        "total_in": v.filter(~sent).sum(),
        "total_out": v.filter(sent).sum(),
        "avg_in": v.filter(~sent).mean(),
        "avg_out": v.filter(sent).mean(),
        "median_in": v.filter(~sent).median(),
        "median_out": v.filter(sent).median(),
        "max_amount": v.max(),
        "min_amount": v.min(),
        "amount_variance": std**2,
        "volume_std": std,
        "volume_cv": cv,
        "amount_predictability": 1 - pl.min_horizontal(cv, pl.lit(1.0)),
        "amount_skewness": pl.when((n > 2) & varies).then(v.skew()),  # noqa: PLR2004 - moments
        "amount_kurtosis": pl.when((n > 3) & varies).then(v.kurtosis()),  # noqa: PLR2004
        "round_number_ratio": ((v >= _ROUND) & (v % _ROUND == 0)).mean(),
        "outlier_count": pl.when(n >= _OUTLIERS_FROM).then(above),
    }
    grouped = seen.valued.group_by("own", maintain_order=True)
    frame = grouped.agg(known.alias("known"), *(e.alias(k) for k, e in told.items()))
    # cv is null where the mean is 0, and min_horizontal would then take the other.
    predictable = pl.when(pl.col("volume_cv").is_not_null()).then("amount_predictability")
    frame = frame.with_columns(predictable.alias("amount_predictability"))
    measured = frame.select("own", *(pl.when("known").then(k).alias(k) for k in told))
    without = seen.rows.select("own").unique().join(measured, on="own", how="anti")
    nothing = without.with_columns(total_in=pl.lit(0.0), total_out=pl.lit(0.0))
    return pl.concat([measured, nothing], how="diagonal")


def times(seen: Sides) -> pl.DataFrame:
    """Days of activity, and the shape of the histograms of hours and weekdays."""
    night, weekend = _HOUR <= _LAST_NIGHT_HOUR, _WEEKDAY >= _SATURDAY
    ts = pl.col("ts")
    span = pl.max_horizontal(pl.lit(1), (ts.max() - ts.min()) // DAY_MS)
    rows = seen.events
    frame = rows.group_by("own").agg(
        tx_in_count=(~pl.col("sent")).sum(),
        tx_out_count=pl.col("sent").sum(),
        activity_days=(ts // DAY_MS).n_unique(),
        activity_span_days=span,
        weekend_ratio=weekend.mean(),
        night_ratio=night.mean(),
        unusual_timing_score=(night | weekend).mean(),
    )
    hours = _histogram(rows, _HOUR)
    hourly = _peak(hours, "peak_hour").join(_bits(hours, "hourly_entropy"), on="own")
    days = _histogram(rows, _WEEKDAY)
    daily = _peak(days, "peak_day").drop("largest").join(_bits(days, "daily_entropy"), on="own")
    joined = frame.join(hourly, on="own").join(daily, on="own")
    count = pl.col("tx_in_count") + pl.col("tx_out_count")
    return joined.with_columns(
        regularity_score=1 - pl.col("hourly_entropy") / np.log2(24),
        burst_factor=pl.col("largest") / (count / 24),
    ).drop("largest")


def _histogram(rows: pl.DataFrame, place: pl.Expr) -> pl.DataFrame:
    return rows.group_by("own", place=place).agg(value=pl.len().cast(pl.Float64))


def _peak(histogram: pl.DataFrame, name: str) -> pl.DataFrame:
    """The place of the largest value, the lowest on a tie, and that value."""
    ordered = histogram.sort("own", "value", "place", descending=[False, True, False])
    firsts = ordered.group_by("own", maintain_order=True).first()
    return firsts.select("own", pl.col("place").alias(name), largest="value")


def _bits(histogram: pl.DataFrame, name: str) -> pl.DataFrame:
    return entropy(histogram, "value").select("own", pl.col("entropy").alias(name))


def hours_of_volume(seen: Sides) -> pl.DataFrame:
    """How an account's volume lies over the hours of the day."""
    known = pl.col("amount").null_count().over("own") == 0
    rows = seen.valued.filter(known)
    summed = rows.group_by("own", place=_HOUR).agg(value=pl.col("amount").sort().sum())
    volume = summed.filter(pl.col("value") > 0)
    value = pl.col("value").sort()
    frame = volume.group_by("own").agg(
        hourly_volume_variance=value.var(ddof=0),
        intraday_volume_ratio=value.max() / (value.sum() / 24),
    )
    peak = _peak(volume, "peak_volume_hour").drop("largest")
    concentrated = gini(volume, "value").rename({"gini": "volume_concentration_score"})
    return frame.join(peak, on="own").join(concentrated, on="own")


def gaps(seen: Sides) -> pl.DataFrame:
    """Burstiness of the seconds between transfers, in [0, 1]; null below two gaps."""
    rows = once(seen.rows, "own")
    apart = rows.filter(
        pl.col("sent") | (pl.col("own") != pl.col("other")) | pl.col("transaction").is_not_null()
    )
    gap = pl.col("ts").diff().drop_nulls() / 1000
    frame = apart.group_by("own", maintain_order=True).agg(
        n=gap.len(), sigma=gap.std(), mu=gap.mean()
    )
    sigma, mu = pl.col("sigma"), pl.col("mu")
    ratio = pl.when(sigma + mu > 0).then((sigma - mu) / (sigma + mu)).otherwise(0.0).clip(0, 1)
    return frame.select("own", flow_burstiness=pl.when(pl.col("n") > 1).then(ratio))


def marks(end: int) -> list[int]:
    """Where the recent spans before an end begin, epoch ms."""
    return [end - days * DAY_MS for days in _RECENT]


def recent(seen: Sides) -> pl.DataFrame:
    """The last 7 days against the last 30 and 90, new accounts, and those that slept before."""
    rows, other = seen.before, pl.col("other")
    within = {days: pl.col("ts") >= seen.end - days * DAY_MS for days in _RECENT}
    paid = ~pl.col("change")
    volume = {days: pl.col("amount").filter(inside & paid).sum() for days, inside in within.items()}
    unknown = pl.col("amount").filter(within[90]).null_count() > 0
    since_last = pl.col("ts").diff() >= _DORMANT_DAYS * DAY_MS
    woken = (since_last & (pl.col("ts") >= seen.start)).any()
    degree = {days: other.filter(within[days]).n_unique() for days in (7, 30)}

    def ratio(short: int, long: int) -> pl.Expr:
        return pl.when(~unknown & (volume[long] > 0)).then(volume[short] / volume[long])

    frame = rows.group_by("own", maintain_order=True).agg(
        volume_7d_vs_30d=ratio(7, 30),
        volume_30d_vs_90d=ratio(30, 90),
        degree_acceleration=(degree[7].cast(pl.Float64) - degree[30] * 7 / 30) / 7,
        is_new_address=pl.col("ts").min() >= seen.start,
        is_dormant_reactivated=woken,
    )
    return frame.join(_shift(rows, within[7], within[30]), on="own", how="left")


def _shift(rows: pl.DataFrame, short: pl.Expr, long: pl.Expr) -> pl.DataFrame:
    """Cosine distance of the hour histograms of two spans, the first within the second."""
    inside = rows.filter(long).group_by("own", hour=_HOUR).agg(a=short.sum(), b=pl.len())
    a, b = pl.col("a").cast(pl.Float64), pl.col("b").cast(pl.Float64)
    size = ((a**2).sum() * (b**2).sum()).sqrt()
    shift = pl.when(size > 0).then((1 - (a * b).sum() / size).clip(0))
    return inside.group_by("own").agg(behavior_shift=shift)
