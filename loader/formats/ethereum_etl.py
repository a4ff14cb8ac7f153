"""ethereum-etl: blocks, transactions, traces, logs and token transfers, JSON lines or CSV."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from loader.chains import (
    ethereum,
    ethereum_blocks,
    ethereum_native,
    ethereum_tokens,
    ethereum_traces,
)
from loader.format import Format

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_PARTS: dict[str, set[str]] = {
    "traces": {"trace_type", "from_address", "to_address", "value", "block_number"},
    "logs": {"log_index", "transaction_hash", "address", "data", "topics", "block_number"},
    "token_transfers": {
        "token_address", "from_address", "to_address", "value", "transaction_hash", "log_index",
        "block_number",
    },
    "transactions": {"hash", "from_address", "to_address", "value", "block_number"},
    "blocks": {"number", "hash", "timestamp"},
    "tokens": {"token_address", "symbol", "decimals"},
    "own_tokens": {"address", "symbol", "decimals"},
}  # fmt: skip
"""Names that tell the files apart; the first that fits wins. The last two are asset lists."""

_ROWS = ("blocks", "transactions", "logs", "token_transfers", "traces")


class EthereumEtl(Format):
    """Ether and tokens of Ethereum and its kin; only what moved becomes a transfer."""

    summary = (
        "Exports of ethereum-etl: transactions, traces, logs, token transfers and withdrawals."
    )
    network = "ethereum"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the keys of an object, or by the header."""
        del options
        return ethereum.part_of(source, _PARTS)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What the files look like."""
        del source, options
        return "it has neither the keys nor the header of an export of ethereum-etl"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Blocks first, because they tell the time; token transfers only where logs are not."""
        if not any(part in files for part in _ROWS):
            first = next(iter(files.values()))[0]
            raise FormatError("ethereum_etl", first.name, "no file of transfers is given with it")
        lists = [*files.get("tokens", ()), *files.get("own_tokens", ())]
        return _parcels(files, context, ethereum_tokens.known_tokens(lists))


FORMAT = EthereumEtl()


def _parcels(
    files: Mapping[str, Sequence[Source]], context: Context, tokens: pl.DataFrame
) -> Iterator[Parcel]:
    clock = ethereum.Clock(context.folder)
    fees = ethereum_native.Fees(context.folder)
    blocks = files.get("blocks", ())
    seen: list[pl.Series] = []
    paid = (ethereum_blocks.withdrawals(source, context, clock) for source in blocks)
    for parcel, ledgers in chain.from_iterable(paid):
        seen.append(ledgers)
        yield parcel
    told = clock.ledgers()
    for parcel, ledgers in _moves(files, context, clock, fees, tokens):
        seen.append(ledgers)
        yield parcel
    context.fees_base = fees.total()
    known = told.is_in(pl.concat(seen).unique().implode()) if seen else told.is_null()
    if unused := told.len() - int(known.sum()):
        context.warnings["unused_side_rows"] += unused


def _moves(
    files: Mapping[str, Sequence[Source]],
    context: Context,
    clock: ethereum.Clock,
    fees: ethereum_native.Fees,
    tokens: pl.DataFrame,
) -> Iterator[tuple[Parcel, pl.Series]]:
    """Everything that is not paid by a block itself."""
    for source in files.get("transactions", ()):
        yield from ethereum_native.transactions(source, context, clock, fees)
    for source in files.get("logs", ()):
        yield from ethereum_tokens.logs(source, context, clock, tokens)
    if "logs" not in files:
        for source in files.get("token_transfers", ()):
            yield from ethereum_tokens.token_transfers(source, context, clock, tokens)
    positions = ethereum_traces.Positions(context.folder)
    for source in files.get("traces", ()):
        positions.learn(source)
    for source in files.get("traces", ()):
        beside = "transactions" in files
        yield from ethereum_traces.traces(source, context, clock, positions, beside=beside)
