"""MLOps' features of accounts of UTXO ledgers: what the transactions that they took part in moved.

utxo_tx_count: transactions with the account on either side, or both, each once. utxo_total_value:
sum of all their outputs in satoshi, whoever got them, exact; null where it is beyond 2^63 - 1.
utxo_avg_value: the same by transaction. Accounts of other ledgers have no row, infrastructure has
nulls. Source: spec/features-and-rules.md section 8; of single transactions see
`cypher/measures/utxo.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher.family import Family, Features, Refreshed
from cypher.measures import utxo

if TYPE_CHECKING:
    from cypher.family import Change, Scope
    from cypher.graph import Graph

_COLUMNS: dict[str, pl.DataType] = {
    "utxo_tx_count": pl.Int64(),
    "utxo_total_value": pl.Int64(),
    "utxo_avg_value": pl.Float64(),
}
_COUNT, _TOTAL, _MEAN = _COLUMNS
_LARGEST = 2**63 - 1


def _read(graph: Graph, scope: Scope) -> Features:
    if not _applies(graph, scope):
        return Features(pl.DataFrame(schema={"account": pl.String, **_COLUMNS}))
    parts = utxo.parts(graph, scope.network, since=scope.since, until=scope.until)
    return Features(_table(utxo.sides(graph, scope.network, parts)))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """What is stored and what new transactions add; no transaction lies in two ledgers."""
    if not _applies(graph, scope):
        return Refreshed(change.accounts, _read(graph, scope).frame)
    parts = utxo.parts(graph, scope.network, first=change.above + 1)
    came = utxo.sides(graph, scope.network, parts)
    stored = graph.read(
        "exports/account_integers", accounts=change.accounts, keys=[_COUNT, _TOTAL]
    ).select(
        "account",
        known=pl.col("values").list.get(0),
        total_value=pl.col("values").list.get(1),
        infra=pl.lit(value=False),
    )
    return Refreshed(change.accounts, _table(came, stored))


def _applies(graph: Graph, scope: Scope) -> bool:
    native = f"{scope.network}:native"
    found = graph.read("lookups/network_of_utxo", network=scope.network)["utxo"]
    return bool(found.any()) and scope.asset in {None, native}


def _table(came: pl.DataFrame, stored: pl.DataFrame | None = None) -> pl.DataFrame:
    """Counts and sums by account; `stored` are earlier ones, `known` transactions each."""
    each = came.with_columns(known=pl.lit(1, pl.Int64))
    rows = each if stored is None else pl.concat([each, stored.select(each.columns)])
    total = pl.col("total_value").cast(pl.Int128)
    summed = rows.group_by("account").agg(
        pl.col("infra").any(),
        count=pl.col("known").sum(),
        total=pl.when(total.null_count() == 0).then(total.sum()),
    )
    own = ~pl.col("infra")
    return summed.select(
        "account",
        pl.when(own).then("count").alias(_COUNT),
        pl.when(own & (pl.col("total") <= _LARGEST)).then("total").cast(pl.Int64).alias(_TOTAL),
        pl.when(own).then(pl.col("total") / pl.col("count")).cast(pl.Float64).alias(_MEAN),
    ).sort("account")


FAMILY = Family(
    summary="What the transactions of a UTXO ledger moved that an account took part in.",
    columns=_COLUMNS,
    read=_read,
    refresh=_refresh,
)
