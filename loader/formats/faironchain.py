"""FairOnChain's raw CSV files of Ethereum: blocks, and native transfers told by traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.errors import FormatError
from core.schema import Flag
from loader import verdicts
from loader.blocks import told
from loader.chains import ethereum
from loader.format import Format, Parcel, only_blocks, settle
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_TRANSFER = (
    "block_number", "block_hash", "transaction_index", "transfer_index", "transaction_hash",
    "from_address", "to_address", "value_binary",
)  # fmt: skip
_BLOCK = ("block_number", "block_hash", "timestamp")
_PARTS: dict[str, set[str]] = {"transfers": set(_TRANSFER), "blocks": set(_BLOCK)}
_FIRST_BLOCK, _LAST_BLOCK = 10_000, 999_999_999
_FIRST_MS, _LAST_MS = 1_400_000_000_000, 2_500_000_000_000
_MAIN_CHAIN = 1


class Faironchain(Format):
    """Value calls of Ethereum; whether they succeeded is not told."""

    summary = "FairOnChain's raw block and native-transfer CSV files."
    network = "ethereum"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the header."""
        del options
        header = set(table.header(source))
        return next((part for part, needed in _PARTS.items() if needed <= header), None)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """The headers that are known."""
        del source, options
        return "its header is none of FairOnChain's blocks or native transfers"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Blocks first, because they tell the time."""
        if "transfers" not in files:
            first = files["blocks"][0]
            raise FormatError("faironchain", first.name, "no native transfers are given with it")
        return _parcels(files, context)


FORMAT = Faironchain()


def _parcels(files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
    clock, given = ethereum.Clock(context.folder), 0
    for source in files.get("blocks", ()):
        for records in ethereum.records(source, (*_BLOCK, "chain_id")):
            frame = _cleaned(records, context).with_columns(ts=ethereum.seconds("timestamp"))
            sound = ~pl.col("malformed") & ethereum.is_hash("block_hash") & pl.col("own_chain")
            sound &= pl.col("ts").is_between(_FIRST_MS, _LAST_MS)
            clock.learn(frame.filter(sound))
            given += frame.height
            # Also a block in which nothing moves replaces another.
            yield only_blocks(source, told(frame.filter(sound), "block_hash"))
    seen = pl.Series(dtype=pl.Int64)
    for source in files["transfers"]:
        for records in ethereum.records(source, (*_TRANSFER, "chain_id")):
            frame = clock.tell(_cleaned(records, context))
            chains = frame["chain"].drop_nulls()
            context.chain_id = int(chains[0]) if len(chains) else context.chain_id
            seen = pl.concat([seen, frame["ledger"].drop_nulls()]).unique()
            yield _settle(source, _judged(frame), context.network)
    # A block that could not be read matches no row either.
    used = int(clock.ledgers().is_in(seen.implode()).sum())
    if given > used:
        context.warnings["unused_side_rows"] += given - used


def _cleaned(records: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Trimmed, in lower case, numbers in their range; block numbers are never hexadecimal."""
    texts = [name for name in (*_TRANSFER, "chain_id") if name in records.columns]
    number = verdicts.integer(pl.col("block_number"))
    chain = verdicts.integer(pl.col("chain_id").fill_null(str(_MAIN_CHAIN)))
    # Under a name of its own a network may be any chain, but never two.
    own = (chain == _MAIN_CHAIN) if context.network == "ethereum" else chain.is_not_null()
    return records.with_columns(ethereum.lower(*texts)).with_columns(
        ledger=pl.when(number.is_between(_FIRST_BLOCK, _LAST_BLOCK)).then(number),
        ts=pl.lit(None, pl.Int64),
        chain=chain,
        own_chain=own.fill_null(value=False),
    )


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    shaped = ethereum.is_hash("value_binary")
    value = frame.select(pl.when(shaped).then("value_binary"))["value_binary"]
    frame = frame.with_columns(
        amounts.hex_to_base(value).alias("amount_base"),
        tx_index=ethereum.index("transaction_index"),
        place=ethereum.index("transfer_index"),
    )
    unread = pl.any_horizontal(pl.col("ledger", "tx_index", "place", "amount_base").is_null())
    hashes, ends = ("block_hash", "transaction_hash"), ("from_address", "to_address")
    shapes = [*map(ethereum.is_hash, hashes), *map(ethereum.is_address, ends), pl.col("own_chain")]
    return frame.with_columns(
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("malformed")),
            (verdicts.MISSING_FIELD, pl.any_horizontal(pl.col(*_TRANSFER).is_null())),
            (verdicts.BAD_VALUE, unread | ~pl.all_horizontal(shapes)),
            (ethereum.MISSING_BLOCK, pl.col("ts").is_null()),
        ),
        skip=verdicts.first_reason((verdicts.ZERO, pl.col("amount_base") == "0")),
    )


def _settle(source: Source, frame: pl.DataFrame, network: str) -> Parcel:
    frame = frame.with_columns(
        id=pl.concat_str(
            verdicts.quote(pl.lit(network)), "ledger", "transaction_hash",
            pl.format("t{}", "place"), separator=":",
        ),
        source=verdicts.account_id(network, pl.col("from_address")),
        target=verdicts.account_id(network, pl.col("to_address")),
        asset=pl.lit(f"{network}:native"),
        amount=amounts.to_amount(pl.col("amount_base"), pl.lit(ethereum.DECIMALS)),
        ord=ethereum.order(pl.col("tx_index"), pl.col("place")),
        kind=pl.lit("native"),
        flags=verdicts.flags(
            (Flag.SELF, pl.col("from_address") == pl.col("to_address")),
            (Flag.SUCCESS_UNKNOWN, pl.lit(value=True)),
        ),
    )  # fmt: skip
    return settle(source, frame, assets=ethereum.coin(network), block="block_hash")
