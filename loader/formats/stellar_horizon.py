"""Horizon, the web service of the Stellar network: saved REST pages and event streams.

Operations are the rows; transactions, effects and trades explain them. Ids and legs are those of
`stellar_etl`, so that the two sources of one ledger fit together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from core.schema import Flag
from loader import verdicts
from loader.chains import horizon_records, horizon_sides, stellar, stellar_parcel
from loader.chains import stellar_claims as claims_of
from loader.format import Format
from loader.reading.side_table import SideTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_TEXT = pl.String()
_RESERVES = pl.List(pl.Struct({"asset": _TEXT, "amount": _TEXT}))
_RECORD = ("id", "transaction_successful", "transaction_hash", "type", "type_i", "source_account",
           "created_at")  # fmt: skip
_DETAILS = tuple(name for name in stellar.DETAILS if not name.startswith("reserve_"))
_OPERATION = pl.Struct(
    {
        **dict.fromkeys((*_RECORD, *_DETAILS), _TEXT),
        "reserves_deposited": _RESERVES,
        "reserves_received": _RESERVES,
        "asset_balance_changes": stellar.CHANGES,
    }
)
_TYPES = (
    "create_account", "payment", "path_payment_strict_receive", "manage_sell_offer",
    "create_passive_sell_offer", "set_options", "change_trust", "allow_trust", "account_merge",
    "inflation", "manage_data", "bump_sequence", "manage_buy_offer", "path_payment_strict_send",
    "create_claimable_balance", "claim_claimable_balance", "begin_sponsoring_future_reserves",
    "end_sponsoring_future_reserves", "revoke_sponsorship", "clawback",
    "clawback_claimable_balance", "set_trust_line_flags", "liquidity_pool_deposit",
    "liquidity_pool_withdraw", "invoke_host_function", "extend_footprint_ttl", "restore_footprint",
)  # fmt: skip
"""Types by their number."""
_OLD_TYPES = {
    "path_payment": "path_payment_strict_receive",
    "manage_offer": "manage_sell_offer",
    "create_passive_offer": "create_passive_sell_offer",
}


@dataclass(frozen=True, slots=True)
class _Tables:
    """The side files of one load."""

    transactions: SideTable
    effects: SideTable
    trades: SideTable

    @classmethod
    def empty(cls, context: Context) -> _Tables:
        folder = context.folder
        return cls(
            SideTable(folder, "transactions", "ledger", horizon_sides.TRANSACTIONS),
            SideTable(folder, "effects", "operation_id", claims_of.EFFECTS),
            SideTable(folder, "trades", "operation_id", horizon_sides.TRADES),
        )


class StellarHorizon(Format):
    """Operations as Horizon tells them; it says of each whether its transaction succeeded."""

    summary = "Stellar operations by Horizon: REST pages and saved event streams (JSON)."
    network = "stellar"
    has_fee_edges = True

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the fields of the first records."""
        del options
        return horizon_records.kind(source)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """An empty page is Horizon's too, but there is nothing to read in it."""
        del options
        if horizon_records.is_empty_page(source):
            return "its page holds no records"
        return "it holds no operations, transactions, effects or trades of Horizon"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Side files first, then the operations, then fees where edges of them are wanted."""
        if "operations" not in files:
            first = next(iter(files.values()))[0]
            reason = "no file of operations is given with it"
            raise FormatError("stellar_horizon", first.name, reason)
        return self._parcels(files, context)

    def _parcels(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        tables = _Tables.empty(context)
        for part, table in (
            ("transactions", tables.transactions),
            ("effects", tables.effects),
            ("trades", tables.trades),
        ):
            for source in files.get(part, ()):
                for frame in horizon_sides.read(source, part):
                    table.add(frame)
        keys = pl.Series(dtype=pl.Int64)
        hashes = pl.Series(dtype=pl.String)
        for source in files["operations"]:
            for records in horizon_records.records(source, _OPERATION):
                operations = _judged(_operations(records), tables, context)
                keys = pl.concat([keys, operations["operation_id"].drop_nulls()])
                hashes = pl.concat([hashes, operations["tx_id"].drop_nulls()]).unique()
                yield from _parcels(source, operations, tables, context)
        _count_unused(tables, keys, hashes, context)
        for source in files.get("transactions", ())[:1]:
            told = tables.transactions.scan().select(stellar_parcel.FEES).collect()
            told = told.unique("tx_id", keep="first", maintain_order=True)
            yield from stellar_parcel.fees("stellar_horizon", source, told, context)


FORMAT = StellarHorizon()


def _operations(records: pl.DataFrame) -> pl.DataFrame:
    """Records in the words of stellar-etl, which the legs are written for."""
    operation = verdicts.integer(pl.col("id"))
    return records.with_columns(
        *_reserves(),
        operation_id=operation,
        type_string=pl.col("type").replace(_OLD_TYPES),
        number=verdicts.integer(pl.col("type_i")),
        owner="source_account",
        tx_id="transaction_hash",
        ledger=operation // 2**32,
        ts=verdicts.iso_ms(pl.col("created_at")),
    )


def _reserves() -> list[pl.Expr]:
    """What a pool took or gave: two amounts with their assets, in the pool's order."""
    found: list[pl.Expr] = []
    for place, side in enumerate(("a", "b")):
        given, taken = (
            pl.col(name).list.get(place, null_on_oob=True).struct
            for name in ("reserves_deposited", "reserves_received")
        )
        asset = pl.coalesce(given.field("asset"), taken.field("asset"))
        parts = asset.str.split_exact(":", 1).struct
        start = f"reserve_{side}_"
        found += [
            pl.when(asset == "native")
            .then(pl.lit("native"))
            .otherwise(pl.lit("issued"))
            .alias(f"{start}asset_type"),
            parts.field("field_0").alias(f"{start}asset_code"),
            parts.field("field_1").alias(f"{start}asset_issuer"),
            given.field("amount").alias(f"{start}deposit_amount"),
            taken.field("amount").alias(f"{start}withdraw_amount"),
        ]
    return found


def _judged(operations: pl.DataFrame, tables: _Tables, context: Context) -> pl.DataFrame:
    """Add what the transactions tell, `assumed`, `failed` and `reject`."""
    known = tables.transactions.matching(operations["ledger"].drop_nulls())
    operations = operations.join(
        known.select("tx_id", "successful", "memo_type", "memo").unique("tx_id", keep="first"),
        on="tx_id", how="left", maintain_order="left",
    )  # fmt: skip
    told = pl.coalesce("transaction_successful", "successful")
    assumed = told.is_null() & pl.lit(context.options.assume_success)
    named = pl.col("type_string")
    expected = pl.col("number").replace_strict(
        dict(enumerate(_TYPES)), default=None, return_dtype=pl.String
    )
    wrong_type = (
        pl.when(expected.is_null())
        .then(~named.is_in(_TYPES) & (pl.col("type_i").is_null() | ~(pl.col("number") >= 0)))
        .otherwise(expected != named)
    )
    place = pl.col("operation_id") % 2**12
    return operations.with_columns(
        assumed=assumed,
        failed=told.fill_null("true") == "false",
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("malformed")),
            (verdicts.MISSING_FIELD, verdicts.blank(
                "id", "type", "transaction_hash", "source_account", "created_at")),
            (verdicts.MISSING_FIELD, told.is_null() & ~assumed),
            (verdicts.BAD_VALUE, pl.any_horizontal(
                pl.col("operation_id", "ts").is_null())),
            (verdicts.BAD_VALUE, (pl.col("operation_id") <= 0) | (place == 0)),
            (verdicts.BAD_VALUE, wrong_type | (pl.col("number").is_null()
                & pl.col("type_i").is_not_null())),
            (verdicts.BAD_VALUE, ~told.is_in(["true", "false"])),
        ),
    )  # fmt: skip


def _parcels(
    source: Source, operations: pl.DataFrame, tables: _Tables, context: Context
) -> Iterator[Parcel]:
    """One parcel of the operations whose success is told, one of those where it is assumed."""
    for assumed in (False, True):
        part = operations.filter(pl.col("assumed") == assumed)
        if not part.height:
            continue
        part = part.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        sound = part.filter(pl.col("reject").is_null())
        told = tables.trades.matching(sound["operation_id"])
        sides = stellar.Sides(
            tables.effects.matching(sound["operation_id"]),
            horizon_sides.seen_from_makers(told, sound.select("operation_id", "owner")),
            tables.effects.given or tables.trades.given,
        )
        flags = [Flag.SUCCESS_UNKNOWN] if assumed else []
        yield stellar_parcel.settled(source, part, sides, context.network, flags)


def _count_unused(
    tables: _Tables, operations: pl.Series, hashes: pl.Series, context: Context
) -> None:
    unused = sum(table.unmatched(operations) for table in (tables.effects, tables.trades))
    transactions = tables.transactions.scan().select("tx_id").collect()
    unused += transactions.filter(~pl.col("tx_id").is_in(hashes.implode())).height
    if unused:
        context.warnings["unused_side_rows"] += unused
