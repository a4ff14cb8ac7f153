"""Bitcoin and its forks: JSON lines of bitcoin-etl, and blocks as a node's getblock writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from loader.chains.utxo import Transactions
from loader.chains.utxo_values import DECIMALS
from loader.format import Format
from loader.reading import json_documents, json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_PARTS = {
    "transactions": (b'"block_number"', b'"inputs"', b'"outputs"'),
    "blocks": (b'"height"', b'"vin"', b'"vout"'),
}
"""Keys that tell the files apart."""

_TEXT, _TEXTS = pl.String(), pl.List(pl.String())
_TRANSACTION = pl.Struct(
    {
        **dict.fromkeys(
            ("hash", "block_number", "block_hash", "block_timestamp", "index", "is_coinbase"), _TEXT
        ),
        "inputs": pl.List(
            pl.Struct(
                {"spent_transaction_hash": _TEXT, "spent_output_index": _TEXT,
                 "addresses": _TEXTS, "value": _TEXT}
            )
        ),
        "outputs": pl.List(
            pl.Struct({"index": _TEXT, "addresses": _TEXTS, "script_hex": _TEXT, "value": _TEXT})
        ),
    }
)  # fmt: skip
_LOCK = pl.Struct({"addresses": _TEXTS, "address": _TEXT, "hex": _TEXT})
_NODE_TRANSACTION = pl.Struct(
    {
        "txid": _TEXT,
        "vin": pl.List(
            pl.Struct(
                {"coinbase": _TEXT, "txid": _TEXT, "vout": _TEXT,
                 "prevout": pl.Struct({"value": _TEXT, "scriptPubKey": _LOCK})}
            )
        ),
        "vout": pl.List(pl.Struct({"n": _TEXT, "value": _TEXT, "scriptPubKey": _LOCK})),
    }
)  # fmt: skip
_BLOCK = pl.Struct(dict.fromkeys(("hash", "height", "time", "confirmations"), _TEXT))


class BitcoinEtl(Format):
    """Transactions of UTXO ledgers; inputs without value are looked up in the same input."""

    summary = "Bitcoin and its forks: bitcoin-etl's transactions, and blocks of a node (getblock)."
    network = "bitcoin"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the keys in the first megabyte."""
        del options
        head = source.head()
        if not re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", head):
            return None
        return next((part for part, keys in _PARTS.items() if all(k in head for k in keys)), None)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What the files look like."""
        del source, options
        return "it holds neither transactions of bitcoin-etl nor a block with its transactions"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """All of the input first, because any output may be spent by any input."""
        if not files:
            raise FormatError("bitcoin_etl", "the input", "it holds no transactions")
        transactions = Transactions(context)
        for source in files.get("transactions", ()):
            for frame in json_lines.records(source, _TRANSACTION):
                transactions.add(source, _exported(frame), 0)
        for source in files.get("blocks", ()):
            for frame in json_documents.records(source, _NODE_TRANSACTION, _BLOCK):
                transactions.add(source, _of_node(frame), DECIMALS)
        return transactions.parcels()


FORMAT = BitcoinEtl()


def _field(name: str) -> pl.Expr:
    return pl.element().struct.field(name)


def _exported(frame: pl.DataFrame) -> pl.DataFrame:
    """Records of bitcoin-etl; the script of an input is not that of the output it spends."""
    told = pl.col("is_coinbase").str.to_lowercase()
    block = pl.any_horizontal(pl.col("block_number", "block_hash", "block_timestamp").is_not_null())
    return frame.select(
        "line",
        "text",
        "malformed",
        txid="hash",
        ledger="block_number",
        time="block_timestamp",
        position="index",
        in_block=block,
        coinbase=pl.coalesce(told == "true", pl.col("inputs").list.len() == 0),
        approximate=pl.lit(value=False),
        block_hash="block_hash",
        inputs=pl.col("inputs").list.eval(
            pl.struct(
                spent=_field("spent_transaction_hash"),
                spent_index=_field("spent_output_index"),
                addresses=_field("addresses"),
                script=pl.lit(None, pl.String),
                value=_field("value"),
            )
        ),
        outputs=pl.col("outputs").list.eval(
            pl.struct(
                n=_field("index"),
                addresses=_field("addresses"),
                script=_field("script_hex"),
                value=_field("value"),
            )
        ),
    )


def _of_node(frame: pl.DataFrame) -> pl.DataFrame:
    """Transactions of a node's blocks; a block with negative confirmations is not in the chain."""
    block = pl.col("around").struct
    made = pl.col("vin").list.first().struct.field("coinbase").is_not_null()
    prevout = pl.element().struct.field("prevout").struct
    return frame.select(
        "line",
        "text",
        "malformed",
        "txid",
        ledger=block.field("height"),
        time=block.field("time"),
        position=pl.col("place").cast(pl.String),
        in_block=~block.field("confirmations").str.starts_with("-").fill_null(value=False),
        coinbase=made.fill_null(value=False),
        approximate=pl.lit(value=False),
        block_hash=block.field("hash"),
        inputs=pl.col("vin").list.eval(
            pl.struct(
                spent=_field("txid"),
                spent_index=_field("vout"),
                addresses=_owners(prevout.field("scriptPubKey")),
                script=prevout.field("scriptPubKey").struct.field("hex"),
                value=prevout.field("value"),
            )
        ),
        outputs=pl.col("vout").list.eval(
            pl.struct(
                n=_field("n"),
                addresses=_owners(_field("scriptPubKey")),
                script=_field("scriptPubKey").struct.field("hex"),
                value=_field("value"),
            )
        ),
    )


def _owners(lock: pl.Expr) -> pl.Expr:
    """Older nodes name `addresses`, newer ones `address`."""
    one = lock.struct.field("address")
    return pl.coalesce(
        lock.struct.field("addresses"), pl.when(one.is_not_null()).then(pl.concat_list(one))
    )
