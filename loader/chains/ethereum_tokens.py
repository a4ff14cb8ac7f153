"""Tokens that move: Transfer logs, transfers decoded already, and what asset lists tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.errors import FormatError
from core.schema import Flag
from loader import verdicts
from loader.chains import ethereum
from loader.chains import ethereum_native as native
from loader.format import Parcel, assets_frame, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.chains.ethereum import Clock
    from loader.format import Context
    from loader.reading.sources import Source

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
ERC1155 = (
    "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62",
    "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb",
)
_LOG = (
    "log_index", "transaction_hash", "transaction_index", "address", "data", "block_number",
    "block_timestamp", "block_hash",
)  # fmt: skip
_TOKEN_TRANSFER = (
    "token_address", "from_address", "to_address", "value", "transaction_hash",
    "transaction_index", "log_index", "block_number", "block_timestamp", "block_hash",
)  # fmt: skip
_TOKENS = pl.Schema({"contract": pl.String(), "symbol": pl.String(), "decimals": pl.Int64()})
_TOPIC = r"^0x[0-9a-f]{64}$"
_BYTES = r"^0x(?:[0-9a-f]{2})*$"
_WORD_CHARACTERS, _PADDING = 66, "0x" + 24 * "0"
_ERC20_TOPICS, _NFT_TOPICS = 3, 4


def known_tokens(sources: Sequence[Source], column: str = "token_address") -> pl.DataFrame:
    """The tokens of asset lists: `contract`, `symbol`, `decimals`; a token's first row counts.

    Raises:
        FormatError: a row is no token; it would decide about the amounts of other rows.
    """
    frames = [pl.DataFrame(schema=_TOKENS)]
    for source in sources:
        for records in ethereum.records(source, (column, "address", "symbol", "decimals")):
            frame = records.with_columns(contract=pl.coalesce(column, "address").str.to_lowercase())
            scale = verdicts.integer(pl.col("decimals"))
            frame = frame.with_columns(scale=pl.when(scale.is_between(0, 255)).then(scale))
            good = ethereum.is_address("contract").fill_null(value=False) & ~pl.col("malformed")
            bad = frame.filter(
                ~good | (pl.col("scale").is_null() & pl.col("decimals").is_not_null())
            )
            if bad.height:
                raise FormatError(
                    "ethereum_etl",
                    source.name,
                    f"line {bad['line'][0]} is no token of an asset list",
                )
            frames.append(frame.select("contract", "symbol", decimals="scale"))
    return pl.concat(frames).unique("contract", keep="first", maintain_order=True)


def logs(
    source: Source, context: Context, clock: Clock, tokens: pl.DataFrame
) -> Iterator[tuple[Parcel, pl.Series]]:
    """The transfers among events, with the blocks they name."""
    for records in ethereum.records(source, _LOG, ("topics",)):
        frame = _prepared(records, clock, "address", "data").with_columns(
            topics=pl.col("topics").list.eval(pl.element().str.to_lowercase())
        )
        frame = _decoded(frame)
        transfer, erc1155 = pl.col("event") == TRANSFER, pl.col("event").is_in(ERC1155)
        frame = frame.with_columns(
            reject=_rejection(
                native.blank("address", "data", "topics"),
                native.misshapen("transaction_hash", "address")
                | ~pl.col("data").str.contains(_BYTES)
                | ~pl.col("topics").list.eval(
                    pl.element().str.contains(_TOPIC).fill_null(value=False)
                ).list.all(),
            ),
            skip=verdicts.first_reason(
                (verdicts.ZERO, pl.col("erc20") & (pl.col("amount_base") == "0")),
                ("nonstandard_transfer", transfer & ~pl.col("erc20") & ~pl.col("nft")),
                ("erc1155_unsupported", erc1155),
                ("malformed_topic", transfer & ~pl.col("padded")),
                ("other_event", (~transfer & ~erc1155).fill_null(value=True)),
            ),
        )  # fmt: skip
        yield _settle(source, frame, context.network, tokens), _seen(frame)


def _decoded(frame: pl.DataFrame) -> pl.DataFrame:
    """Read the topics of a Transfer by their number and the size of the data."""
    topic = [pl.col("topics").list.get(place, null_on_oob=True) for place in range(4)]
    count, size = pl.col("topics").list.len(), pl.col("data").str.len_bytes()
    transfer = (topic[0] == TRANSFER).fill_null(value=False)
    frame = frame.with_columns(
        event=topic[0],
        erc20=(transfer & (count == _ERC20_TOPICS) & (size == _WORD_CHARACTERS)).fill_null(
            value=False
        ),
        nft=(transfer & (count == _NFT_TOPICS) & (pl.col("data") == "0x")).fill_null(value=False),
        padded=topic[1].str.starts_with(_PADDING) & topic[2].str.starts_with(_PADDING),
        from_address=pl.concat_str(pl.lit("0x"), topic[1].str.slice(len(_PADDING))),
        to_address=pl.concat_str(pl.lit("0x"), topic[2].str.slice(len(_PADDING))),
    )
    word = pl.when("erc20").then("data").when("nft").then(topic[3])
    number = amounts.hex_to_base(frame.select(word.alias("word"))["word"])
    return frame.with_columns(number.alias("number")).with_columns(
        amount_base=pl.when("nft").then(pl.lit("1")).otherwise("number"),
        token_id=pl.when("nft").then("number"),
        contract="address",
        negative=pl.lit(value=False),
        inexact=pl.lit(value=False),
    )


def token_transfers(
    source: Source, context: Context, clock: Clock, tokens: pl.DataFrame
) -> Iterator[tuple[Parcel, pl.Series]]:
    """Transfers that another program decoded, with the blocks they name.

    The file does not tell a token's number from an amount, so every row counts as an amount.
    """
    for records in ethereum.records(source, _TOKEN_TRANSFER):
        frame = _prepared(records, clock, "token_address", "from_address", "to_address")
        frame = ethereum.with_value(frame, "value").with_columns(
            nft=pl.lit(value=False), token_id=pl.lit(None, pl.String), contract="token_address"
        )
        ends = ("token_address", "from_address", "to_address")
        frame = frame.with_columns(
            reject=_rejection(
                native.blank(*ends, "value"),
                native.misshapen("transaction_hash", *ends) | pl.col("amount_base").is_null(),
            ),
            skip=verdicts.first_reason((verdicts.ZERO, pl.col("amount_base") == "0")),
        )
        yield _settle(source, frame, context.network, tokens), _seen(frame)


def _prepared(records: pl.DataFrame, clock: Clock, *shaped: str) -> pl.DataFrame:
    frame = native.located(records.with_columns(*ethereum.lower("transaction_hash", *shaped)))
    # The log comes after the transaction's own value, hence one place is kept for that.
    log_index = ethereum.index("log_index", ethereum.INDEX_LIMIT - 1)
    return clock.tell(frame.with_columns(place=log_index), overheard=True)


def _rejection(missing: pl.Expr, wrong: pl.Expr) -> pl.Expr:
    return native.rejection(
        missing | native.blank("transaction_hash", "log_index", "block_number"),
        wrong | pl.col("place").is_null(),
    )


def _seen(frame: pl.DataFrame) -> pl.Series:
    return frame["ledger"].drop_nulls().unique()


def _settle(source: Source, frame: pl.DataFrame, network: str, tokens: pl.DataFrame) -> Parcel:
    """Transfers of judged rows."""
    moved = pl.col("reject").is_null() & pl.col("skip").is_null()
    zero = pl.lit(ethereum.ZERO_ADDRESS)
    frame = frame.join(tokens, on="contract", how="left", maintain_order="left").with_columns(
        asset=pl.concat_str(pl.lit(f"{network}:"), "contract"),
        # A token of its own kind has no amount to speak of.
        decimals=pl.when(~pl.col("nft")).then("decimals"),
        kind=pl.when("nft").then(pl.lit("nft")).otherwise(pl.lit("erc20")),
        ord=ethereum.order(pl.col("tx_index"), 1 + pl.col("place")),
        flags=verdicts.flags(
            (Flag.SELF, pl.col("from_address") == pl.col("to_address")),
            (Flag.MINT, pl.col("from_address") == zero),
            (Flag.BURN, pl.col("to_address") == zero),
            (Flag.ORDER_UNKNOWN, pl.col("transaction_index").is_null()),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
        ),
    )
    frame = frame.with_columns(
        id=pl.concat_str(
            verdicts.quote(pl.lit(network)), "ledger", "transaction_hash",
            pl.format("l{}", "place"), separator=":",
        ),
        source=verdicts.account_id(network, pl.col("from_address")),
        target=verdicts.account_id(network, pl.col("to_address")),
        amount=amounts.to_amount(pl.col("amount_base"), pl.col("decimals")),
    )  # fmt: skip
    found = frame.filter(moved)
    assets = found.unique("asset", keep="first", maintain_order=True).select(
        "symbol", "contract", "decimals", id="asset", network=pl.lit(network), asset_class="kind",
    )  # fmt: skip
    extras = ["token_id"] if found["token_id"].count() else []
    return settle(source, frame, extras, assets=assets_frame(assets), block="block_hash")
