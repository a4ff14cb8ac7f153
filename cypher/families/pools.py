"""Who provides to liquidity pools, how their reserves move, and how much is swapped in circles.

A pool holds two assets, a and b in the text order of their ids, told by its deposits, withdrawals
and swaps up to the scope's end; their amounts are never added, so each has columns of its own
(whole units; null where one is not known, or the assets are more than two).

pool_events_per_day: deposits and withdrawals, an operation each, by calendar day (UTC) from the
pool's first to its last transfer in the range. pool_swap_count: swaps paid into the pool (kinds
trade and path_leg). By asset: pool_top3_deposit_share, the share of deposits by the three largest
providers; pool_swap_volume, swaps in and out; pool_cycle_share, the share of it on cycles in time
of two to six hops (`cypher/searches/closed.py`); pool_reserve_change_per_day, all that came in less
all that went out. A share is a lower bound where pool_legs_cut is not 0: so many transfers out of
the pool are past `truncation_limit`, and were not looked at for cycles.

Accounts that are no pools have no row. Source: spec/features-and-rules.md section 8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from core.times import DAY_MS, to_epoch_ms
from cypher import ledger
from cypher.family import Family, Features, Refreshed
from cypher.searches import closed
from cypher.searches.hops import Rule

if TYPE_CHECKING:
    from cypher.family import Change, Scope
    from cypher.graph import Graph

DEFAULTS = {"max_gap_days": 7, "window_days": 30, "hub_degree": 1_000, "truncation_limit": 1_000}
"""Of cycles: longest time from hop to hop and from first to last, counterparties above which an
account that is no pool takes no part, newest transfers out of an account that are looked at."""

_SWAPS, _EVENTS = ("trade", "path_leg"), ("pool_deposit", "pool_withdraw")
_TOP = 3
_BY_ASSET = ("top3_deposit_share", "swap_volume", "cycle_share", "reserve_change_per_day")
_COLUMNS: dict[str, pl.DataType] = {
    "pool_swap_count": pl.Int64(),
    "pool_legs_cut": pl.Int64(),
    "pool_events_per_day": pl.Float64(),
    **{f"pool_{name}_{side}": pl.Float64() for side in "ab" for name in _BY_ASSET},
}


def _read(graph: Graph, scope: Scope) -> Features:
    pools = graph.read("lookups/accounts_of_kind", network=scope.network, kind="pool")["account"]
    if not len(pools):
        return Features(pl.DataFrame(schema={"account": pl.String, **_COLUMNS}))
    found = ledger.read(graph, scope.network, until=scope.until)
    accounts = found.accounts.with_row_index("pool").with_columns(pl.col("pool").cast(pl.Int32))
    ours = accounts["account"].is_in(pools.implode()).to_numpy()
    reserves = _reserves(_legs(found.transfers, accounts.filter(pl.Series(ours))))
    if scope.since is not None:
        start = pl.col("ts") >= to_epoch_ms(scope.since)
        found = replace(found, transfers=found.transfers.filter(start))
    circles = closed.find(found, ours, _limits(scope))
    transfers = found.transfers.with_columns(
        on_cycle=pl.Series(circles.on_cycle), left_out=pl.Series(circles.left_out)
    )
    legs = _legs(transfers, accounts.filter(pl.Series(ours)))
    if scope.asset is not None:
        reserves = reserves.filter(pl.col("asset") == scope.asset)
    frame = _whole(legs)
    for side in "ab":
        held = reserves.filter(pl.col("side") == side).join(frame, on="pool", how="semi")
        frame = frame.join(_of_asset(legs, held, side), on="pool", how="left")
    named = frame.join(accounts, on="pool").sort("account")
    told = (pl.when(~pl.col("infra")).then(name).cast(kind) for name, kind in _COLUMNS.items())
    return Features(named.select("account", *told))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """A transfer between any two accounts may close a cycle; networks without pools have none."""
    pools = graph.read("lookups/accounts_of_kind", network=scope.network, kind="pool")
    if pools.is_empty():
        return Refreshed(change.accounts, _read(graph, scope).frame)
    return None


def _limits(scope: Scope) -> closed.Limits:
    given = {name: int(str(value)) for name, value in {**DEFAULTS, **scope.parameters}.items()}
    rule = Rule(given["max_gap_days"] * DAY_MS, given["window_days"] * DAY_MS)
    return closed.Limits(rule, given["hub_degree"], given["truncation_limit"])


def _legs(transfers: pl.DataFrame, pools: pl.DataFrame) -> pl.DataFrame:
    """Transfers as the pool at either end sees them, with `other`, `into` and the pool's `days`."""
    sides = [
        transfers.rename({own: "pool", other: "other"})
        .join(pools.select("pool"), on="pool", how="semi")
        .with_columns(into=pl.lit(own == "target"))
        for own, other in (("target", "source"), ("source", "target"))
    ]
    columns = sides[0].columns
    return pl.concat([side.select(columns) for side in sides]).with_columns(
        pl.col("asset", "kind").cast(pl.String), days=_days().over("pool")
    )


def _reserves(legs: pl.DataFrame) -> pl.DataFrame:
    """`pool`, `asset` and its `side`, a or b, of pools that hold at most two assets."""
    held = legs.filter(pl.col("kind").is_in([*_SWAPS, *_EVENTS]))
    assets = held.select("pool", "asset").unique().sort("pool", "asset")
    placed = assets.with_columns(
        place=pl.int_range(pl.len()).over("pool"), count=pl.len().over("pool")
    )
    side = pl.when(pl.col("place") == 0).then(pl.lit("a")).otherwise(pl.lit("b"))
    return placed.filter(pl.col("count") <= 2).select("pool", "asset", side=side)  # noqa: PLR2004 - a and b


def _days() -> pl.Expr:
    day = pl.col("ts") // DAY_MS
    return (day.max() - day.min() + 1).cast(pl.Float64)


def _whole(legs: pl.DataFrame) -> pl.DataFrame:
    operation = pl.col("id").str.split(":").list.get(2, null_on_oob=True)
    events = operation.filter(pl.col("kind").is_in(_EVENTS)).n_unique()
    return legs.group_by("pool").agg(
        pool_swap_count=(pl.col("kind").is_in(_SWAPS) & pl.col("into")).sum(),
        pool_legs_cut=pl.col("left_out").filter(~pl.col("into")).sum(),
        pool_events_per_day=events / pl.col("days").first(),
    )


def _of_asset(legs: pl.DataFrame, held: pl.DataFrame, side: str) -> pl.DataFrame:
    """Columns of one of the two assets; an amount that is not known makes them null."""
    legs = legs.join(held, on=["pool", "asset"])
    amount, into, swap = pl.col("amount"), pl.col("into"), pl.col("kind").is_in(_SWAPS)
    volume = amount.filter(swap).sort().sum()
    summed = legs.group_by("pool").agg(
        known=amount.null_count() == 0,
        swap_volume=volume,
        cycle_share=pl.when(volume > 0).then(
            amount.filter(swap & pl.col("on_cycle")).sort().sum() / volume
        ),
        reserve_change_per_day=(
            amount.filter(into).sort().sum() - amount.filter(~into).sort().sum()
        )
        / pl.col("days").first(),
    )
    deposits = legs.filter(pl.col("kind") == "pool_deposit").group_by("pool", "other")
    provided = deposits.agg(given=amount.sort().sum()).group_by("pool")
    given = pl.col("given")
    top = provided.agg(top3_deposit_share=given.top_k(_TOP).sum() / given.sum())
    told = held.select("pool").join(summed, on="pool", how="left").join(top, on="pool", how="left")
    none = pl.col("known").is_null()
    return told.with_columns(
        pl.when(none).then(0.0).otherwise(name).alias(name)
        for name in ("swap_volume", "reserve_change_per_day")
    ).select(
        "pool",
        *(
            pl.when(none | pl.col("known")).then(name).alias(f"pool_{name}_{side}")
            for name in _BY_ASSET
        ),
    )


FAMILY = Family(
    summary="Providers, deposits and withdrawals, reserves and circular swaps of liquidity pools.",
    columns=_COLUMNS,
    read=_read,
    refresh=_refresh,
    defaults=DEFAULTS,
)
