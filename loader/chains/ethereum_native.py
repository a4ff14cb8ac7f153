"""Ether that transactions move themselves, their fees, and what all rows of ether share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.schema import Flag
from loader import verdicts
from loader.chains import ethereum
from loader.format import Parcel, settle
from loader.reading.side_table import SideTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.chains.ethereum import Clock
    from loader.format import Context
    from loader.reading.sources import Source

_TRANSACTION = (
    "hash", "transaction_index", "from_address", "to_address", "value", "block_number",
    "block_timestamp", "receipt_status", "receipt_contract_address", "receipt_gas_used",
    "receipt_effective_gas_price", "block_hash",
)  # fmt: skip


class Fees:
    """The fees of a load, each transaction's once however often it was given."""

    def __init__(self, folder: Path) -> None:
        schema = pl.Schema({"key": pl.UInt64(), "fee": pl.String()})
        self.table = SideTable(folder, "fees", "key", schema)

    def learn(self, transactions: pl.DataFrame) -> None:
        """Take the fees of transactions whose receipts are known; failed ones pay too."""
        used, price = (
            verdicts.integer(pl.col(name))
            for name in ("receipt_gas_used", "receipt_effective_gas_price")
        )
        told = transactions.filter((used >= 0) & (price >= 0) & pl.col("reject").is_null())
        if told.height:
            fee = (used.cast(pl.Int128) * price.cast(pl.Int128)).cast(pl.String)
            self.table.add(told.select(key=pl.col("hash").hash(), fee=fee))

    def total(self) -> int | None:
        """Their sum, null where no file tells any."""
        if not self.table.given:
            return None
        return amounts.total(self.table.scan().unique("key").collect()["fee"])


def transactions(
    source: Source, context: Context, clock: Clock, fees: Fees
) -> Iterator[tuple[Parcel, pl.Series]]:
    """What transactions move themselves, with the blocks they name."""
    for records in ethereum.records(source, _TRANSACTION):
        frame = prepared(records, "hash", "receipt_contract_address")
        clock.overhear(frame)
        frame = clock.tell(frame).with_columns(
            receiver=pl.coalesce("to_address", "receipt_contract_address"),
            failed=pl.col("receipt_status") == "0",
        )
        idle = pl.col("failed") | (pl.col("amount_base") == "0")
        shapes = (
            misshapen("hash", "from_address", "to_address", "receipt_contract_address")
            | pl.col("amount_base").is_null()
            | ~pl.col("receipt_status").is_in(["0", "1"])
        )
        frame = frame.with_columns(
            reject=rejection(
                blank("hash", "from_address", "value", "block_number")
                # A creation tells whom it made only in its receipt; no value, no need to know.
                | (pl.col("receiver").is_null() & ~idle.fill_null(value=False)),
                shapes,
            ),
            skip=verdicts.first_reason(
                (verdicts.FAILED, pl.col("failed")), (verdicts.ZERO, pl.col("amount_base") == "0")
            ),
            rest=pl.format("{}:v", "hash"),
            ord=ethereum.order(pl.col("tx_index"), pl.lit(0)),
            created=pl.col("to_address").is_null(),
            doubtful=pl.col("receipt_status").is_null(),
        )
        fees.learn(frame)
        yield settled(source, frame, context.network), frame["ledger"].drop_nulls().unique()


def prepared(records: pl.DataFrame, *shaped: str) -> pl.DataFrame:
    """Add what every row of ether needs: amount, ledger, place and, if it carries it, time."""
    frame = ethereum.with_value(records, "value")
    return located(frame.with_columns(ethereum.lower("from_address", "to_address", *shaped)))


def located(frame: pl.DataFrame) -> pl.DataFrame:
    """Add where and when a row stands: `ledger`, `tx_index`, `ts`, or null; `untimely` is wrong."""
    unplaced = pl.col("transaction_index").is_null()
    return frame.with_columns(
        ledger=ethereum.index("block_number", 2**53),
        tx_index=pl.when(unplaced).then(0).otherwise(ethereum.index("transaction_index")),
        ts=ethereum.seconds("block_timestamp"),
    ).with_columns(untimely=pl.col("block_timestamp").is_not_null() & pl.col("ts").is_null())


def blank(*columns: str) -> pl.Expr:
    """Whether any of the columns is null."""
    return pl.any_horizontal(pl.col(*columns).is_null())


def misshapen(key: str, *addresses: str) -> pl.Expr:
    """Whether a hash or an address that is there cannot be one."""
    wrong = [~ethereum.is_hash(key), *[~ethereum.is_address(name) for name in addresses]]
    return pl.any_horizontal(*[bad.fill_null(value=False) for bad in wrong])


def rejection(missing: pl.Expr, wrong: pl.Expr) -> pl.Expr:
    """The reason to reject a prepared row, null where there is none."""
    return verdicts.first_reason(
        (verdicts.BAD_ROW, pl.col("malformed")),
        (verdicts.MISSING_FIELD, missing),
        (verdicts.BAD_VALUE, wrong),
        (verdicts.BAD_VALUE, pl.any_horizontal(pl.col("ledger", "tx_index").is_null())),
        (verdicts.BAD_VALUE, pl.col("untimely")),
        (verdicts.NEGATIVE, pl.col("negative")),
        (ethereum.MISSING_BLOCK, pl.col("ts").is_null()),
    )


def settled(source: Source, frame: pl.DataFrame, network: str) -> Parcel:
    """Transfers of judged rows: `receiver`, `rest` of the id, `ord` and what the flags need."""
    frame = frame.with_columns(
        id=pl.concat_str(verdicts.quote(pl.lit(network)), "ledger", "rest", separator=":"),
        source=verdicts.account_id(network, pl.col("from_address")),
        target=verdicts.account_id(network, pl.col("receiver")),
        asset=pl.lit(f"{network}:native"),
        amount=amounts.to_amount(pl.col("amount_base"), pl.lit(ethereum.DECIMALS)),
        kind=pl.col("kind") if "kind" in frame.columns else pl.lit("native"),
    )
    frame = frame.with_columns(
        flags=verdicts.flags(
            (Flag.SELF, pl.col("source") == pl.col("target")),
            (Flag.CREATE, pl.col("created")),
            (Flag.SUCCESS_UNKNOWN, pl.col("doubtful")),
            (Flag.ORDER_UNKNOWN, pl.col("transaction_index").is_null()),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
        )
    )
    return settle(source, frame, assets=ethereum.coin(network), block="block_hash")
