"""Blocks by ledger and hash, for chains that can replace one: which are known, told, different.

A Checkpoint keeps the hashes of the last ledgers as texts `{ledger}:{hash}`; older ones, and those
of sources that tell no hash, are not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS = pl.Schema({"ledger": pl.Int64(), "hash": pl.String()})
"""Blocks as sources tell them; a ledger may have several, of which the last stands."""

COLUMN, RENEWED = "block_of_transfer", "block_renewed"
"""Columns of staged transfers: the hash of their block, and whether it replaces another one that
the same input told before."""

KEPT = 256
"""Ledgers whose hash is kept, counted from the highest."""

_SHAPE = r"^(?:0x)?[0-9a-f]{64}$"


def normal(block_hash: pl.Expr) -> pl.Expr:
    """The hash in lower case, null where the text is none."""
    clean = block_hash.str.strip_chars().str.to_lowercase()
    return pl.when(clean.str.contains(_SHAPE)).then(clean)


def told(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The blocks that rows name, in the order in which they are named last.

    Args:
        frame: `ledger` and the column.
        column: of the hashes.
    """
    return (
        frame.select("ledger", hash=normal(pl.col(column)))
        .drop_nulls()
        .unique(["ledger", "hash"], keep="last", maintain_order=True)
    )


def numbered(blocks: pl.DataFrame) -> pl.DataFrame:
    """The blocks with the `version` of their ledger, from 0; the one named last comes last."""
    each = blocks.unique(["ledger", "hash"], keep="last", maintain_order=True)
    return each.with_columns(version=pl.int_range(pl.len()).over("ledger"))


def known(listed: Sequence[str]) -> pl.DataFrame:
    """The blocks of a Checkpoint's list."""
    parts = pl.Series("block", list(listed), pl.String).str.split_exact(":", 1)
    return parts.struct.unnest().select(
        ledger=pl.col("field_0").cast(pl.Int64), hash=pl.col("field_1")
    )


def standing(transfers: pl.DataFrame) -> pl.DataFrame:
    """The blocks of staged transfers: `ledger`, `hash` and whether it is `renewed`."""
    if RENEWED not in transfers.columns:
        return pl.DataFrame(schema={**BLOCKS, "renewed": pl.Boolean()})
    columns = transfers.select("ledger", hash=COLUMN, renewed=RENEWED)
    return columns.drop_nulls("hash").unique("ledger", keep="last", maintain_order=True)


def replaced(told: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    """The ledgers of `told` that hold another block than the told one."""
    both = told.join(known, on="ledger", how="left", suffix="_known")
    other = pl.col("hash") != pl.col("hash_known")
    # Of old ledgers nothing is known but that this input told another version before.
    return both.filter(other.fill_null(pl.col("renewed")))["ledger"]


def recent(known: pl.DataFrame, told: pl.DataFrame, high: int | None) -> list[str]:
    """What a Checkpoint keeps once blocks are added to those it knows.

    Args:
        known: its blocks.
        told: those that stand now, one a ledger.
        high: the highest ledger with a transfer.
    """
    both = pl.concat([known, told.select(BLOCKS.names())]).unique("ledger", keep="last")
    kept = both.filter(pl.col("ledger") > lowest(high)).sort("ledger")
    return kept.select(block=pl.format("{}:{}", "ledger", "hash"))["block"].to_list()


def lowest(high: int | None) -> pl.Expr:
    """The ledger above which blocks are kept; `ledger` is that of all blocks."""
    return pl.max_horizontal(pl.lit(high, pl.Int64), pl.col("ledger").max()) - KEPT
