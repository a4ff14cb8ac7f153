"""blockchain.info: blocks (rawblock), histories of addresses (rawaddr), live messages (utx)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from loader.chains.utxo import Transactions
from loader.format import Format
from loader.reading import json_documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_KEYS = (rb'"hash"\s*:', rb'"inputs"\s*:\s*\[', rb'"out"\s*:\s*\[')
_BLOCK_LIST = "tx"
"""The list that only a block has; an address has `txs`."""

_TEXT = pl.String()
_FIELDS: dict[str, pl.DataType] = {
    **dict.fromkeys(("hash", "time", "block_height"), _TEXT),
    "inputs": pl.List(
        pl.Struct(
            {"prev_out": pl.Struct({"addr": _TEXT, "value": _TEXT, "n": _TEXT, "script": _TEXT})}
        )
    ),
    "out": pl.List(pl.Struct({"addr": _TEXT, "value": _TEXT, "n": _TEXT, "script": _TEXT})),
}
_RECORD = pl.Struct({**_FIELDS, "op": _TEXT, "x": pl.Struct(_FIELDS)})
_BLOCK = pl.Struct(dict.fromkeys(("hash", "height", "time", "main_chain"), _TEXT))


class BlockchainInfo(Format):
    """Transactions with their inputs' values; without a block their times are approximate."""

    summary = "blockchain.info: blocks, histories of addresses and saved live messages."
    network = "bitcoin"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the keys in the first megabyte."""
        del options
        head = source.head()
        if not re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", head):
            return None
        return "transactions" if all(re.search(key, head) for key in _KEYS) else None

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What the files look like."""
        del source, options
        return "it holds no transactions with the keys hash, inputs and out"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Every file, then the transfers."""
        if "transactions" not in files:
            raise FormatError("blockchain_info", "the input", "it holds no transactions")
        transactions = Transactions(context)
        for source in files["transactions"]:
            for frame in json_documents.records(source, _RECORD, _BLOCK):
                transactions.add(source, _records(_unwrapped(frame)), 0)
        return transactions.parcels()


FORMAT = BlockchainInfo()


def _unwrapped(frame: pl.DataFrame) -> pl.DataFrame:
    """Take transactions out of messages; messages about anything else are no rows."""
    inside = pl.col("x").struct
    other = (
        pl.col("op").is_not_null()
        & (pl.col("op") != "utx")
        & inside.field("inputs").is_null()
        & inside.field("out").is_null()
    )
    return frame.filter(~other).with_columns(
        pl.coalesce(name, inside.field(name)).alias(name) for name in _FIELDS
    )


def _records(frame: pl.DataFrame) -> pl.DataFrame:
    block, listed = pl.col("around").struct, pl.col("within") == _BLOCK_LIST
    listed = listed.fill_null(value=False)
    abandoned = listed & (block.field("main_chain") == "false").fill_null(value=False)
    spent = pl.element().struct.field("prev_out").struct
    one = pl.col("inputs").list.len() == 1
    made = one & pl.col("inputs").list.first().struct.field("prev_out").is_null()
    return frame.select(
        "line",
        "text",
        "malformed",
        txid="hash",
        ledger=pl.when(listed).then(block.field("height")).otherwise("block_height"),
        time=pl.when(listed).then(block.field("time")).otherwise("time"),
        position=pl.when(listed).then(pl.col("place").cast(pl.String)),
        in_block=(listed | pl.col("block_height").is_not_null()) & ~abandoned,
        coinbase=made.fill_null(value=False),
        approximate=~listed,
        block_hash=pl.when(listed).then(block.field("hash")),
        inputs=pl.col("inputs").list.eval(
            pl.struct(
                spent=pl.lit(None, pl.String),
                spent_index=pl.lit(None, pl.String),
                addresses=_owner(spent.field("addr")),
                script=spent.field("script"),
                value=spent.field("value"),
            )
        ),
        outputs=pl.col("out").list.eval(
            pl.struct(
                n=pl.element().struct.field("n"),
                addresses=_owner(pl.element().struct.field("addr")),
                script=pl.element().struct.field("script"),
                value=pl.element().struct.field("value"),
            )
        ),
    )


def _owner(address: pl.Expr) -> pl.Expr:
    return pl.when(address.is_not_null()).then(pl.concat_list(address))
