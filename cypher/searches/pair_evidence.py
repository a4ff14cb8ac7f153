"""Evidence of static patterns: of every pair of accounts up to ten of its transfers.

The five earliest, then the five largest of the others, told in their order (motif catalogue, 1.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from cypher.searches import walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading

MOST = 5
PAIR = ["source", "target", "asset"]


def added(reading: Reading, rows: pl.DataFrame, bound: Mapping[str, object]) -> pl.DataFrame:
    """Rings with the `transfers` of their pairs.

    Args:
        reading: of the database.
        rows: with `network`, `accounts` along the ring, and `asset`; by network.
        bound: the motif's parameters, of which the range and `min_amount` count.
    """
    parts = [
        part.with_columns(_of(reading, str(name), part, bound))
        for (name,), part in rows.group_by("network", maintain_order=True)
    ]
    return pl.concat(parts) if parts else rows


def _of(
    reading: Reading, network: str, rows: pl.DataFrame, bound: Mapping[str, object]
) -> pl.Series:
    ledger = walks.read(reading, network, bound)
    names = ledger.accounts["account"]
    following = pl.concat_list(
        pl.col("accounts").list.slice(1), pl.col("accounts").list.slice(0, 1)
    )
    pairs = (
        rows.with_row_index("ring")
        .select("ring", "asset", source="accounts", target=following)
        .explode("source", "target")
        .with_columns(
            pl.col("source", "target").replace_strict(
                names, pl.int_range(len(names), dtype=pl.Int32, eager=True), return_dtype=pl.Int32
            )
        )
    )
    large = pl.col("amount").fill_null(0) >= cast("float", bound["min_amount"])
    moved = (
        ledger.transfers.filter(large)
        .select("source", "target", pl.col("asset").cast(pl.String), "amount", "id")
        .join(pairs.select(PAIR).unique(), on=PAIR, how="semi", maintain_order="left")
        .with_row_index("row")
        .with_columns(place=pl.int_range(pl.len()).over(PAIR))
    )
    others = moved.filter(pl.col("place") >= MOST)
    largest = others.sort("amount", "id", descending=[True, False]).filter(
        pl.int_range(pl.len()).over(PAIR) < MOST
    )
    told = (
        pl.concat([moved.filter(pl.col("place") < MOST), largest])
        .sort("row")
        .group_by(PAIR)
        .agg("id")
    )
    joined = pairs.join(told, on=PAIR, how="left", maintain_order="left").explode("id")
    return (
        joined.group_by("ring", maintain_order=True)
        .agg(pl.col("id").drop_nulls())["id"]
        .alias("transfers")
    )
