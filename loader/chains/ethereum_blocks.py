"""Ether that blocks pay out: withdrawals of validators. Blocks also tell the time of their rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from loader import verdicts
from loader.blocks import told
from loader.chains import ethereum
from loader.chains import ethereum_native as native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.chains.ethereum import Clock
    from loader.format import Context, Parcel
    from loader.reading.sources import Source

PAYER = "beacon_withdrawals"
_GWEI = 9
_BLOCK = ("number", "timestamp")
_HASH = "hash"
_WITHDRAWAL = ("index", "address", "amount")


def withdrawals(
    source: Source, context: Context, clock: Clock
) -> Iterator[tuple[Parcel, pl.Series]]:
    """What blocks pay to validators, with the blocks that pay; the times of all are learnt."""
    objects = {"withdrawals": pl.Struct(dict.fromkeys(_WITHDRAWAL, pl.String()))}
    for records in ethereum.records(source, (*_BLOCK, _HASH), objects=objects):
        blocks = records.with_columns(
            ledger=ethereum.index("number", 2**53), ts=ethereum.seconds("timestamp")
        )
        clock.learn(blocks)
        facts = blocks.select("line", *_BLOCK, "ledger", "ts", block_hash=_HASH)
        paid = _unfolded(blocks).join(facts, on="line", how="left", maintain_order="left")
        # A block that cannot be read counts as one row: nobody knows how many it held.
        broken = blocks.filter("malformed").select("line", "text", *_BLOCK, "ledger", "ts")
        frame = _judged(pl.concat([paid, broken], how="diagonal"))
        parcel = native.settled(source, frame, context.network)
        # A block that pays nobody replaces another all the same.
        parcel = replace(parcel, blocks=told(blocks.filter(~pl.col("malformed")), _HASH))
        yield parcel, paid["ledger"].drop_nulls().unique()


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    frame = ethereum.with_value(frame, "amount", _GWEI).with_columns(
        *ethereum.lower("address"), place=ethereum.index("index", 2**62)
    )
    unread = pl.any_horizontal(pl.col("amount_base", "place", "ledger", "ts").is_null())
    return frame.with_columns(
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("position").is_null()),
            (verdicts.MISSING_FIELD, native.blank(*_BLOCK, *_WITHDRAWAL)),
            (verdicts.BAD_VALUE, ~ethereum.is_address("address") | unread),
            (verdicts.BAD_VALUE, pl.col("position") >= ethereum.INDEX_LIMIT),
            (verdicts.NEGATIVE, pl.col("negative")),
        ),
        skip=verdicts.first_reason((verdicts.ZERO, pl.col("amount_base") == "0")),
        from_address=pl.lit(PAYER),
        receiver="address",
        source_kind=pl.lit("pseudo"),
        rest=pl.format("w{}", "place"),
        ord=ethereum.order(pl.lit(ethereum.INDEX_LIMIT - 1), pl.col("position")),
        kind=pl.lit("withdrawal"),
        created=pl.lit(value=False),
        doubtful=pl.lit(value=False),
        transaction_index=pl.lit("the last"),
    )


def _unfolded(blocks: pl.DataFrame) -> pl.DataFrame:
    """Withdrawals with the `line` of their block and their `position` in it."""
    paid = (
        blocks.select("line", "withdrawals")
        .filter(pl.col("withdrawals").list.len() > 0)
        .explode("withdrawals")
        .with_columns(position=pl.int_range(pl.len()).over("line"))
    )
    return paid.select(
        "line",
        "position",
        pl.col("withdrawals").struct.json_encode().alias("text"),
        pl.col("withdrawals").struct.unnest(),
    )
