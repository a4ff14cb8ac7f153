"""Transactions of UTXO ledgers, put together again from the parts that the graph holds.

MLOps' features of a transaction (spec/features-and-rules.md section 8); live scoring takes the
same. The graph has one transfer for each input account and output, so inputs of one account are
one, and outputs without value (OP_RETURN) are not among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.times import window_ms
from cypher import ledger, pages

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.graph import Graph

PAGE = 50_000
_PARTS = {
    "source": pl.Int64(),
    "target": pl.Int64(),
    "ts": pl.Int64(),
    "ledger": pl.Int64(),
    "transaction": pl.String(),
    "output": pl.String(),
    "value": pl.Int64(),
    "fee": pl.Int64(),
    "change": pl.Boolean(),
}


def parts(
    graph: Graph,
    network: str,
    *,
    first: int = 0,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """Parts of the transactions in ledgers from `first` on, as in `exports/utxo_parts`."""
    begin, end = window_ms(since, until)

    def read_page(start: int, limit: int) -> pl.DataFrame:
        return graph.read(
            "exports/utxo_parts",
            network=network,
            ledger=start,
            since=begin,
            until=end,
            limit=limit,
        )

    return pl.concat([pl.DataFrame(schema=_PARTS), *pages.by_ledger(read_page, first, PAGE)])


def transactions(of: pl.DataFrame) -> pl.DataFrame:
    """One row a transaction, in the order of ledgers and hashes.

    Returns:
        `ledger`, `transaction`, `ts` (epoch ms), `total_value` (sum of outputs), `net_value` (of
        those that are not change), `fee` (inputs less outputs; null for a coinbase), all satoshi,
        `input_count` (accounts that pay) and `output_count`.
    """
    value, fee = pl.col("value"), pl.col("fee")
    return (
        of.group_by("ledger", "transaction")
        .agg(
            ts=pl.col("ts").min(),
            total_value=value.sum(),
            net_value=value.filter(~pl.col("change")).sum(),
            fee=fee.filter(fee >= 0).sum(),
            told=(fee >= 0).any(),
            input_count=pl.col("source").n_unique().cast(pl.Int64),
            output_count=pl.col("output").n_unique().cast(pl.Int64),
        )
        .with_columns(fee=pl.when("told").then("fee"))
        .drop("told")
        .sort("ledger", "transaction")
    )


def sides(graph: Graph, network: str, of: pl.DataFrame) -> pl.DataFrame:
    """`account`, `infra` and `total_value` of every transaction that an account took part in."""
    accounts = graph.read("exports/ledger_accounts", network=network)
    keys = ["ledger", "transaction"]
    values = transactions(of).select(*keys, "total_value")
    ends = of.select(*keys, *ledger.ends(accounts))
    seen = pl.concat([ends.select(*keys, pl.col(end).alias("own")) for end in ("source", "target")])
    found = seen.unique().join(values, on=keys)
    return found.select(
        "total_value",
        account=accounts["account"].gather(found["own"]),
        infra=accounts["infra"].gather(found["own"]),
    )
