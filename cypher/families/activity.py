"""Degrees, transfer counts, amounts and times of each account's transfers in and out.

What every column means stands in `cypher/features/activity.cypher`, which computes the same and is
the oracle in tests; here transfers are read once as columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher import catalog
from cypher.family import Family, Features, Refreshed
from cypher.values import TYPES

if TYPE_CHECKING:
    from cypher.family import Change, Scope
    from cypher.graph import Graph

_QUERY = catalog.load("features/activity")
_COLUMNS = {name: TYPES[kind] for name, kind in _QUERY.columns if name != "account"}
_SIDES = {"in": "input", "out": "output"}


def _read(graph: Graph, scope: Scope) -> Features:
    accounts = graph.read("exports/ledger_accounts", network=scope.network)
    out = _transfers(graph, scope, None, incoming=False)
    into = out.rename({"own": "other", "other": "own"})
    return Features(_table(accounts, into, out, several=_several(graph, scope)))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed:
    """Accounts with new transfers; no value depends on transfers of others."""
    touched = change.accounts
    into, out = (_transfers(graph, scope, touched, incoming=side) for side in (True, False))
    numbers = pl.concat([into["own"], out["own"]]).unique()
    accounts = graph.read("lookups/accounts_numbered", numbers=numbers)
    return Refreshed(touched, _table(accounts, into, out, several=_several(graph, scope)))


def _several(graph: Graph, scope: Scope) -> bool:
    if scope.asset is not None:
        return False
    found = graph.read(
        "lookups/assets_moved", network=scope.network, since=scope.since, until=scope.until
    )
    return bool(found["several"][0])


def _transfers(
    graph: Graph, scope: Scope, accounts: pl.Series | None, *, incoming: bool
) -> pl.DataFrame:
    """Transfers of one direction; `paid` is the amount, null where it is not known or change."""
    rows = graph.read(
        "exports/account_transfers",
        network=scope.network,
        asset=scope.asset,
        since=scope.since,
        until=scope.until,
        accounts=accounts,
        incoming=incoming,
    )
    paid = pl.when(~pl.col("change")).then(pl.col("amount").fill_nan(None))
    return rows.with_columns(
        paid.alias("paid"), pl.col("transaction").replace("", None).alias("transaction")
    ).drop("amount")


def _table(
    accounts: pl.DataFrame, into: pl.DataFrame, out: pl.DataFrame, *, several: bool
) -> pl.DataFrame:
    frame = accounts
    for short, rows in zip(_SIDES, (into, out), strict=True):
        side = _side(rows, short)
        frame = frame.join(side, left_on="number", right_on="own", how="left")
    counts = [f"{short}_{what}" for short in _SIDES for what in ("degree", "count", "valued")]
    active = frame.with_columns(pl.col(counts).fill_null(0)).filter(
        pl.col("in_count") + pl.col("out_count") > 0
    )
    got, gave = (_total(short, several=several) for short in _SIDES)
    number = pl.col("in_count") + pl.col("out_count")
    first, last = (
        pl.min_horizontal("in_first", "out_first"),
        pl.max_horizontal("in_last", "out_last"),
    )
    whole = active.with_columns(got=got, gave=gave, span=(last - first) / 1000).select(
        "account",
        "infra",
        *(pl.col(f"{short}_degree") for short in _SIDES),
        *(pl.col(f"{short}_count").alias(f"{short}_transfer_count") for short in _SIDES),
        pl.col("got").alias("total_input_amount"),
        pl.col("gave").alias("total_output_amount"),
        *(
            pl.when(pl.col(f"{short}_valued") > 0)
            .then(pl.col(total) / pl.col(f"{short}_valued"))
            .alias(f"mean_{name}_amount")
            for (short, name), total in zip(_SIDES.items(), ("got", "gave"), strict=True)
        ),
        *(
            (pl.lit(None, pl.Float64) if several else pl.col(f"{short}_{edge}")).alias(
                f"{edge}_{name}_amount"
            )
            for short, name in _SIDES.items()
            for edge in ("min", "max")
        ),
        (pl.col("got") - pl.col("gave")).alias("balance_proxy"),
        _ratio(pl.col("got"), pl.col("gave")).alias("net_flow_ratio"),
        pl.col("span").alias("active_span_seconds"),
        pl.when(number > 1).then(pl.col("span") / (number - 1)).alias("mean_gap_seconds"),
        *(
            pl.col(f"{short}_{edge}").alias(f"{edge}_{name}_ts")
            for short, name in _SIDES.items()
            for edge in ("first", "last")
        ),
    )
    return whole.select(
        "account",
        *(pl.when(~pl.col("infra")).then(pl.col(n).cast(t)).alias(n) for n, t in _COLUMNS.items()),
    ).sort("account")


def _side(rows: pl.DataFrame, short: str) -> pl.DataFrame:
    """What accounts did on one side; sums in the order of amounts, whatever that of loading."""
    paid, transaction = pl.col("paid"), pl.col("transaction")
    count = pl.len()
    if rows["transaction"].null_count() < rows.height:
        count = count - transaction.count() + transaction.drop_nulls().n_unique()
    told = {
        "degree": pl.col("other").n_unique(),
        "count": count,
        "valued": (~pl.col("change")).sum(),
        "known": paid.count(),
        "sum": paid.sort().sum(),
        "min": paid.min(),
        "max": paid.max(),
        "first": pl.col("ts").min(),
        "last": pl.col("ts").max(),
    }
    found = rows.group_by("own").agg(e.alias(f"{short}_{name}") for name, e in told.items())
    counts = pl.col(pl.UInt32).cast(pl.Int64)
    return found.with_columns(counts)


def _total(short: str, *, several: bool) -> pl.Expr:
    known = pl.col(f"{short}_known").fill_null(0) == pl.col(f"{short}_valued")
    return pl.when(known & (not several)).then(pl.col(f"{short}_sum").fill_null(0.0))


def _ratio(got: pl.Expr, gave: pl.Expr) -> pl.Expr:
    """(sent - received) / (sent + received), 0 where both are."""
    moved = got + gave
    return pl.when(moved > 0).then((gave - got) / moved).when(moved == 0).then(0.0)


FAMILY = Family(
    summary=_QUERY.summary,
    columns=_COLUMNS,
    read=_read,
    refresh=_refresh,
)
