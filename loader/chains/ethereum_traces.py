"""Ether that calls inside transactions move, as traces tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loader import verdicts
from loader.chains import ethereum
from loader.chains import ethereum_native as native
from loader.reading.side_table import SideTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.chains.ethereum import Clock
    from loader.format import Context, Parcel
    from loader.reading.sources import Source

_SAME_AS_TRANSACTION, _NO_VALUE = "same_as_transaction", "non_value_operation"
_TRACE = (
    "transaction_hash", "transaction_index", "from_address", "to_address", "value", "trace_type",
    "call_type", "status", "block_number", "block_timestamp", "block_hash",
)  # fmt: skip
# Nobody's transaction: minted by a block, at the genesis or by the fork of 2016.
_WITHOUT_TRANSACTION = ("reward", "genesis", "daofork")
_TRACE_TYPES = ("call", "create", "suicide", "selfdestruct", *_WITHOUT_TRANSACTION)
# What runs foreign code in the caller's own place names a value that does not leave it.
_STAYS = ("delegatecall", "staticcall", "callcode")


class Positions:
    """The place of every trace in its transaction, told by its address in the tree of calls."""

    def __init__(self, folder: Path) -> None:
        schema = pl.Schema({"ledger": pl.Int64(), "transaction_hash": pl.String(),
                            "place": pl.String()})  # fmt: skip
        self.table = SideTable(folder, "traces", "ledger", schema)

    def learn(self, source: Source) -> None:
        """Read where the traces of a file stand."""
        columns = ("transaction_hash", "block_number")
        for records in ethereum.records(source, columns, ("trace_address",)):
            self.table.add(records.with_columns(*ethereum.lower("transaction_hash"), *_places()))

    def tell(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add `position`; a call comes before those it makes, as in the tree's own order."""
        known = self.table.matching(frame["ledger"].drop_nulls()).sort("transaction_hash", "place")
        known = known.with_columns(
            position=pl.int_range(pl.len()).over("ledger", "transaction_hash")
        )
        return frame.join(
            known, on=["ledger", "transaction_hash", "place"], how="left", maintain_order="left"
        )


def _places() -> list[pl.Expr]:
    padded = pl.col("trace_address").list.eval(pl.element().str.zfill(10)).list.join("_")
    return [
        ethereum.index("block_number", 2**53).alias("ledger"),
        padded.fill_null("").alias("place"),
    ]


def traces(
    source: Source, context: Context, clock: Clock, positions: Positions, *, beside: bool
) -> Iterator[tuple[Parcel, pl.Series]]:
    """What calls move, with the blocks they name.

    Where transactions are loaded `beside`, their first call is the same money again.
    """
    for records in ethereum.records(source, _TRACE, ("trace_address",)):
        frame = native.prepared(records, "transaction_hash", "trace_type", "call_type")
        frame = positions.tell(
            clock.tell(frame.with_columns(*_places()), overheard=True)
        ).with_columns(
            path=pl.col("trace_address").list.join("_").fill_null(""),
            failed=pl.col("status") == "0",
            still=pl.col("trace_type").is_in(_WITHOUT_TRANSACTION)
            | pl.col("call_type").is_in(_STAYS).fill_null(value=False),
            receiver="to_address",
        )
        idle = (pl.col("failed").fill_null(value=False)) | pl.col("still").fill_null(value=False)
        moves = ~idle & (pl.col("amount_base") != "0").fill_null(value=True)
        anonymous = pl.col("trace_type").is_in(_WITHOUT_TRANSACTION).fill_null(value=False)
        frame = frame.with_columns(
            reject=native.rejection(
                native.blank("trace_type", "block_number")
                | (native.blank("transaction_hash") & ~anonymous)
                | (native.blank("value") & ~idle)
                | (native.blank("from_address", "to_address") & moves),
                native.misshapen("transaction_hash", "from_address", "to_address")
                | (pl.col("value").is_not_null() & pl.col("amount_base").is_null())
                | ~pl.col("status").is_in(["0", "1"])
                | ~pl.col("trace_type").is_in(_TRACE_TYPES)
                | ~pl.col("path").str.contains(r"^(?:[0-9]{1,10}(?:_[0-9]{1,10})*)?$")
                | (pl.col("position") >= ethereum.INDEX_LIMIT),
            ),
            skip=verdicts.first_reason(
                (verdicts.FAILED, pl.col("failed")),
                (_NO_VALUE, pl.col("still")),
                (verdicts.ZERO, pl.col("amount_base") == "0"),
                (_SAME_AS_TRANSACTION, pl.lit(beside) & (pl.col("path") == "")),
            ),
            rest=pl.format("{}:i{}", "transaction_hash", "path"),
            ord=ethereum.order(pl.col("tx_index"), pl.col("position")),
            created=pl.col("trace_type") == "create",
            doubtful=pl.col("status").is_null(),
        )
        yield native.settled(source, frame, context.network), frame["ledger"].drop_nulls().unique()
