"""Transactions of UTXO ledgers: from inputs and outputs to transfers between accounts.

A format brings its records into the shape of `RECORDS`; everything after that is the same for all.
Inputs that carry no value are looked up among the outputs of the whole input, so all of it is read
and put aside before the first transfer is made. Single values and accounts are in
`loader.chains.utxo_values`, the transfers of judged transactions in `loader.chains.utxo_edges`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from loader import verdicts
from loader.chains import utxo_edges as edges
from loader.chains import utxo_values as values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.format import Context, Parcel
    from loader.reading.sources import Source

RECORDS = pl.Schema(
    {
        "line": pl.Int64(),
        "text": pl.String(),
        "malformed": pl.Boolean(),
        "txid": pl.String(),
        "ledger": pl.String(),
        "time": pl.String(),
        "position": pl.String(),
        "in_block": pl.Boolean(),
        "coinbase": pl.Boolean(),
        "approximate": pl.Boolean(),
        "block_hash": pl.String(),
        "inputs": pl.List(values.INPUT),
        "outputs": pl.List(values.OUTPUT),
    }
)
"""Transactions as formats hand them over: `time` in seconds; `position` in the block is null where
the record does not tell it; `approximate` where the time is not the block's;
`block_hash` is null where the record does not tell it."""

EDGES_AT_ONCE = 1_000_000
COINJOIN_ACCOUNTS = COINJOIN_OUTPUTS = 5


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a file, put aside: its rows, their inputs and their outputs."""

    source: Source
    rows: Path
    inputs: Path
    outputs: Path


class Transactions:
    """The transactions of one load."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._pieces: list[_Piece] = []
        self._fees: list[Path] = []
        self._read = 0
        self._unresolved = False

    def add(self, source: Source, records: pl.DataFrame, scale: int) -> None:
        """Put records aside.

        Args:
            source: the file that they come from.
            records: of the schema `RECORDS`.
            scale: power of ten between values as they are written and base units.
        """
        records = records.select(RECORDS.names()).with_columns(
            row=pl.int_range(self._read, self._read + pl.len(), dtype=pl.Int64)
        )
        self._read += records.height
        inputs = values.sides(records, "inputs", scale)
        outputs = values.sides(records, "outputs", scale)
        rows = _judged(records, inputs, outputs)
        known = rows.filter(pl.col("reject").is_null()).select("row", "txid")
        inputs = inputs.join(known, on="row", how="semi", maintain_order="left")
        outputs = outputs.join(known, on="row", how="inner", maintain_order="left")
        coinbase = rows.filter("coinbase").select("row")
        inputs = inputs.join(coinbase, on="row", how="anti", maintain_order="left")
        self._unresolved |= inputs.filter(_unknown()).height > 0
        names = [f"utxo_{what}_{len(self._pieces)}" for what in ("rows", "inputs", "outputs")]
        paths = [self.context.folder / f"{name}.parquet" for name in names]
        for frame, path in zip((rows, inputs, outputs), paths, strict=True):
            frame.write_parquet(path, compression="lz4")
        self._pieces.append(_Piece(source, *paths))

    def parcels(self) -> Iterator[Parcel]:
        """Everything put aside, as rows and their transfers."""
        found = self._resolve()
        for piece in self._pieces:
            rows, outputs = pl.read_parquet(piece.rows), pl.read_parquet(piece.outputs)
            inputs = _resolved(pl.read_parquet(piece.inputs), found)
            rows = _totals(rows, inputs, outputs)
            self._keep_fees(rows)
            # In portions, because a transaction has as many edges as inputs times outputs.
            number = (rows["edges"].cum_sum() // EDGES_AT_ONCE).alias("portion")
            for part in rows.with_columns(number).partition_by("portion", maintain_order=True):
                yield edges.parcel(piece.source, part, inputs, outputs, self.context.network)
        if self._fees:
            fees = pl.scan_parquet(self._fees).unique("txid").select(pl.col("fee").sum())
            self.context.fees_base = int(fees.collect().item())

    def _resolve(self) -> pl.LazyFrame | None:
        """Inputs without value or account whose output was seen, by row and place."""
        if not self._unresolved:
            return None
        needed = pl.scan_parquet([piece.inputs for piece in self._pieces]).filter(_unknown())
        seen = pl.scan_parquet([piece.outputs for piece in self._pieces]).filter(~_unknown())
        found = needed.select("row", "place", "spent", "spent_index").join(
            seen.select("txid", "n", "value", "account", "kind", "members"),
            left_on=["spent", "spent_index"],
            right_on=["txid", "n"],
        )
        path = self.context.folder / "utxo_resolved.parquet"
        # Two sources may tell of one output; an address says more than a script.
        found.sort("row", "place", "kind", "account", "value").unique(
            ["row", "place"], keep="first", maintain_order=True
        ).sink_parquet(path)
        return pl.scan_parquet(path)

    def _keep_fees(self, rows: pl.DataFrame) -> None:
        # A transaction that pays nobody has paid its fee all the same.
        told = pl.col("reject").is_null() & pl.col("in_block") & ~pl.col("unresolved")
        fees = rows.filter(told & ~pl.col("coinbase")).select(
            "txid", fee=pl.col("total") - pl.col("paid")
        )
        if fees.height:
            path = self.context.folder / f"utxo_fees_{len(self._fees)}.parquet"
            fees.write_parquet(path)
            self._fees.append(path)


def _unknown() -> pl.Expr:
    return pl.col("value").is_null() | pl.col("account").is_null()


def _judged(records: pl.DataFrame, inputs: pl.DataFrame, outputs: pl.DataFrame) -> pl.DataFrame:
    """Rows with the first reason that each alone gives to reject it."""
    own = inputs.select("row", txid="spent", spends_itself=pl.lit(value=True)).unique()
    rows = (
        records.join(values.faults(inputs, "inputs"), on="row", how="left", maintain_order="left")
        .join(values.faults(outputs, "outputs"), on="row", how="left", maintain_order="left")
        .with_columns(
            txid=pl.col("txid").str.strip_chars().str.to_lowercase(),
            ledger=verdicts.integer(pl.col("ledger")),
            ts=verdicts.instant_ms(pl.col("time"), "epoch_s"),
            position=verdicts.integer(pl.col("position")),
            raw_ledger="ledger",
            raw_position="position",
            in_block=pl.col("in_block").fill_null(value=False),
            coinbase=pl.col("coinbase").fill_null(value=False),
        )
        .join(own, on=["row", "txid"], how="left", maintain_order="left")
    )
    position, coinbase = pl.col("position"), pl.col("coinbase")
    bad_block = ~(pl.col("ledger") >= 0).fill_null(value=False) & pl.col("in_block")
    return rows.with_columns(
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("malformed")),
            (verdicts.MISSING_FIELD, verdicts.blank("txid")),
            (verdicts.MISSING_FIELD, pl.col("in_block") & verdicts.blank("raw_ledger", "time")),
            (verdicts.MISSING_FIELD, pl.col("inputs").is_null() | pl.col("outputs").is_null()),
            (verdicts.MISSING_FIELD, pl.col("inputs_missing") & ~coinbase),
            (verdicts.MISSING_FIELD, pl.col("outputs_missing")),
            (verdicts.BAD_VALUE, ~pl.col("txid").str.contains(r"^[0-9a-f]{64}$")),
            (verdicts.BAD_VALUE, pl.col("time").is_not_null() & pl.col("ts").is_null()),
            (verdicts.BAD_VALUE, bad_block),
            (verdicts.BAD_VALUE, pl.col("raw_position").is_not_null()
                & ~position.is_between(0, 2**20 - 1).fill_null(value=False)),
            (verdicts.BAD_VALUE, pl.col("inputs_bad") | pl.col("outputs_bad")),
            # A transaction's id is the hash of its inputs too, so it cannot stand in them.
            (verdicts.BAD_VALUE, pl.col("spends_itself")),
            # Only the first transaction of a block makes money of nothing, and it spends none.
            (verdicts.BAD_VALUE, coinbase & ((position > 0) | pl.col("inputs_spend"))),
            (verdicts.BAD_VALUE, ~coinbase & (pl.col("inputs").list.len() == 0)),
            (verdicts.BAD_VALUE, pl.col("outputs").list.len() == 0),
            (verdicts.NEGATIVE, pl.col("inputs_negative") | pl.col("outputs_negative")),
        )
    ).select(
        "row", "line", "text", "txid", "ledger", "ts", "position", "in_block", "coinbase",
        "approximate", "block_hash", "reject",
        inexact=pl.col("inputs_inexact").fill_null(value=False)
        | pl.col("outputs_inexact").fill_null(value=False),
    )  # fmt: skip


def _resolved(inputs: pl.DataFrame, found: pl.LazyFrame | None) -> pl.DataFrame:
    if found is None or not inputs.height:
        return inputs
    low, high = inputs["row"].min(), inputs["row"].max()
    mine = found.filter(pl.col("row").is_between(low, high)).drop("spent", "spent_index").collect()
    both = inputs.join(
        mine, on=["row", "place"], how="left", suffix="_found", maintain_order="left"
    )
    # The record's own value stands; an account is taken together with its kind.
    other = pl.col("account").is_null()
    return both.select(
        "row", "place", "spent", "spent_index",
        value=pl.coalesce("value", "value_found"),
        **{
            name: pl.when(other).then(f"{name}_found").otherwise(name)
            for name in ("account", "kind", "members")
        },
        inexact="inexact",
    )  # fmt: skip


def _totals(rows: pl.DataFrame, inputs: pl.DataFrame, outputs: pl.DataFrame) -> pl.DataFrame:
    """Add what a transaction takes in and pays out, and the verdicts that need it."""
    amount = pl.col("value").cast(pl.Int128)
    taken = inputs.group_by("row").agg(
        total=amount.sum(),
        unresolved=_unknown().any(),
        input_accounts=pl.col("account").n_unique(),
    )
    equal = (
        outputs.filter(pl.col("value") > 0).group_by("row", "value").len()
        .group_by("row").agg(equal_outputs=pl.col("len").max())
    )  # fmt: skip
    paid = outputs.group_by("row").agg(paid=amount.sum(), edges=(pl.col("value") > 0).sum())
    for frame in (taken, paid, equal):
        rows = rows.join(frame, on="row", how="left", maintain_order="left")
    known = ~pl.col("unresolved").fill_null(value=False)
    short = ~pl.col("coinbase") & known & (pl.col("total") < pl.col("paid"))
    joint = pl.col("input_accounts") >= COINJOIN_ACCOUNTS
    return rows.with_columns(
        reject=pl.coalesce("reject", verdicts.first_reason(("negative_fee", short))),
        skip=verdicts.first_reason(
            ("unconfirmed", ~pl.col("in_block")),
            (verdicts.ZERO, pl.col("paid") == 0),
            ("unresolved_inputs", ~known),
        ),
        coinjoin=(joint & (pl.col("equal_outputs") >= COINJOIN_OUTPUTS)).fill_null(value=False),
        edges=pl.col("edges").fill_null(0) * pl.col("input_accounts").fill_null(1),
    )
