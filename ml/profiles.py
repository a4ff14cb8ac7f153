"""Features of accounts from the exported transfers alone: rhythm, spread of amounts, partners.

What can be counted per account in the database is a feature family (`cypher/features`); here is
what needs an account's transfers in the order of time. No clocks: times are spans.
"""

from __future__ import annotations

import polars as pl

MISSING = "_missing"
"""Ends the name of the column that says where a feature is null."""

_SECONDS = 1000.0
_HOUR_MS = 3_600_000


def of(accounts: int, edges: pl.DataFrame, *, amounts: bool) -> pl.DataFrame:
    """One row per account in the order of `idx`; null where a feature does not exist.

    Args:
        accounts: how many.
        edges: as exported.
        amounts: whether the transfers are of one asset; several cannot be added.
    """
    gap = (pl.col("ts") - pl.col("ts").shift(1)) / _SECONDS
    hour = (pl.col("ts") // _HOUR_MS % 24).cast(pl.Float64).alias("hour")
    ordered = edges.lazy().with_columns(hour).sort("ts", "ledger", "ord", "id")
    frame = pl.LazyFrame({"idx": pl.int_range(accounts, dtype=pl.Int32, eager=True)})
    for own, side in (("dst", "in"), ("src", "out")):
        timed = ordered.with_columns(gap.over(own).alias("gap"))
        found = timed.group_by(own).agg(_columns(amounts=amounts))
        named = found.select(pl.col(own).alias("idx"), pl.exclude(own).name.suffix(f"_{side}"))
        frame = frame.join(named, on="idx", how="left", maintain_order="left")
    frame = frame.join(_partners(edges.lazy()), on="idx", how="left", maintain_order="left")
    counts = pl.col("mutual_partners", "self_transfers").fill_null(0)
    return frame.with_columns(counts).drop("idx").collect()


def _columns(*, amounts: bool) -> list[pl.Expr]:
    columns = [
        ((pl.col("ts").max() - pl.col("ts").min()) / _SECONDS).alias("span_seconds"),
        pl.col("gap").median().alias("gap_median_seconds"),
        pl.col("gap").std().alias("gap_std_seconds"),
        pl.col("gap").min().alias("gap_min_seconds"),
        pl.col("hour").std().alias("hour_std"),
    ]
    if amounts:
        amount = pl.col("amount")
        columns += [
            amount.median().alias("amount_median"),
            amount.std().alias("amount_std"),
            (amount.max() / amount.sum()).fill_nan(None).alias("amount_top_share"),
        ]
    return columns


def _partners(edges: pl.LazyFrame) -> pl.LazyFrame:
    pairs = edges.select("src", "dst").unique()
    back = pairs.select(src="dst", dst="src")
    mutual = (
        pairs.filter(pl.col("src") != pl.col("dst"))
        .join(back, on=["src", "dst"], how="semi")
        .group_by(pl.col("src").alias("idx"))
        .agg(pl.len().alias("mutual_partners"))
    )
    loops = (
        edges.filter(pl.col("src") == pl.col("dst"))
        .group_by(pl.col("src").alias("idx"))
        .agg(pl.len().alias("self_transfers"))
    )
    return mutual.join(loops, on="idx", how="full", coalesce=True)
