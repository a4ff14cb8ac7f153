"""stellar-etl: JSON lines of operations, with transactions, effects and trades beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from core.schema import Flag
from loader import verdicts
from loader.chains import stellar, stellar_parcel
from loader.chains import stellar_claims as claims_of
from loader.format import Format
from loader.reading import json_lines
from loader.reading.side_table import SideTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

_PARTS: dict[str, set[str]] = {
    "operations": {"id", "transaction_id", "type_string", "details", "source_account"},
    "transactions": {"id", "transaction_hash", "successful", "fee_charged"},
    "effects": {"operation_id", "address", "type_string", "details"},
    "trades": {"history_operation_id", "selling_amount", "buying_amount"},
    "token_transfers": {"event_topic", "amount_raw"},
    "ledgers": {"sequence", "ledger_hash"},
    "assets": {"asset_code", "asset_issuer", "asset_type"},
}
"""Keys that tell the files apart; the first that fits wins. The last three are not needed."""

_TEXT = pl.String()
_OPERATION = pl.Struct(
    {
        **dict.fromkeys(
            (
                "id",
                "transaction_id",
                "type_string",
                "source_account",
                "closed_at",
                "ledger_sequence",
            ),
            _TEXT,
        ),
        "details": pl.Struct(
            {**dict.fromkeys(stellar.DETAILS, _TEXT), "asset_balance_changes": stellar.CHANGES}
        ),
    }
)
_TRANSACTION = pl.Struct(
    dict.fromkeys(
        ("id", "transaction_hash", "account", "fee_account", "successful", "fee_charged",
         "memo_type", "memo", "closed_at", "ledger_sequence"),
        _TEXT,
    )
)  # fmt: skip
_PART = pl.Struct({"asset": _TEXT, "amount": _TEXT})
_EFFECT = pl.Struct(
    {
        **dict.fromkeys(("operation_id", "index", "address", "type_string"), _TEXT),
        "details": pl.Struct(
            {
                **dict.fromkeys(
                    ("amount", "asset", "asset_type", "asset_code", "asset_issuer", "balance_id",
                     "seller", "sold_amount", "sold_asset_type", "sold_asset_code",
                     "sold_asset_issuer", "bought_amount", "bought_asset_type",
                     "bought_asset_code", "bought_asset_issuer"),
                    _TEXT,
                ),
                "sold": _PART,
                "bought": _PART,
                "liquidity_pool": pl.Struct({"id": _TEXT}),
            }
        ),
    }
)  # fmt: skip
_TRADE = pl.Struct(
    dict.fromkeys(
        ("history_operation_id", "order", "selling_account_address", "selling_amount",
         "selling_asset_type", "selling_asset_code", "selling_asset_issuer", "buying_amount",
         "buying_asset_type", "buying_asset_code", "buying_asset_issuer",
         "selling_liquidity_pool_id", "selling_liquidity_pool_id_strkey"),
        _TEXT,
    )
)  # fmt: skip
_TRANSACTIONS = pl.Schema(
    {
        "transaction_id": pl.Int64(), "tx_id": pl.String(), "payer": pl.String(),
        "successful": pl.Boolean(), "fee": pl.String(), "memo_type": pl.String(),
        "memo": pl.String(), "ts": pl.Int64(),
    }
)  # fmt: skip


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
            SideTable(folder, "transactions", "transaction_id", _TRANSACTIONS),
            SideTable(folder, "effects", "operation_id", claims_of.EFFECTS),
            SideTable(folder, "trades", "operation_id", claims_of.TRADES),
        )


class StellarEtl(Format):
    """Operations of the Stellar network; a transaction moves everything or nothing."""

    summary = (
        "Stellar operations by stellar-etl, with transactions, effects and trades (JSON lines)."
    )
    network = "stellar"
    has_fee_edges = True

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the keys of the first object."""
        del options
        keys = json_lines.first_keys(source)
        return next((part for part, names in _PARTS.items() if names <= keys), None)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What the files look like."""
        del source, options
        return "its first line is no JSON object of stellar-etl"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Side files first, then the operations, then fees where edges of them are wanted."""
        first = next(iter(files.values()))[0]
        if "operations" not in files:
            raise FormatError("stellar_etl", first.name, "no file of operations is given with it")
        if "transactions" not in files and not context.options.assume_success:
            raise FormatError(
                "stellar_etl",
                files["operations"][0].name,
                "the transactions, which tell success, are not given with it; "
                "add their file, or --assume-success",
            )
        return self._parcels(files, context)

    def _parcels(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        tables = _Tables.empty(context)
        for part, fields, table, convert in (
            ("transactions", _TRANSACTION, tables.transactions, _transactions),
            ("effects", _EFFECT, tables.effects, _effects),
            ("trades", _TRADE, tables.trades, _trades),
        ):
            for source in files.get(part, ()):
                for frame in json_lines.records(source, fields):
                    table.add(convert(_sound(source, frame)))
        seen: list[pl.Series] = []
        for source in files["operations"]:
            for records in json_lines.records(source, _OPERATION):
                operations = _operations(records)
                seen.append(operations["operation_id"].drop_nulls())
                yield _parcel(source, operations, tables, context)
        _count_unused(tables, pl.concat(seen) if seen else pl.Series(dtype=pl.Int64), context)
        if files.get("transactions"):
            told = tables.transactions.scan().select(stellar_parcel.FEES).collect()
            yield from stellar_parcel.fees("stellar_etl", files["transactions"][0], told, context)


FORMAT = StellarEtl()


def _sound(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    """Side rows decide about other rows, so none of them may be in doubt."""
    if frame["malformed"].any():
        line = frame.filter("malformed")["line"][0]
        raise FormatError(
            "stellar_etl", source.name, f"line {line} is not a JSON object of its kind"
        )
    return frame


def _transactions(frame: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("memo_type").str.strip_prefix("MemoTypeMemo").str.to_lowercase()
    return frame.select(
        transaction_id=verdicts.integer(pl.col("id")),
        tx_id="transaction_hash",
        payer=pl.coalesce(pl.col("fee_account").replace("", None), "account"),
        successful=pl.col("successful") == "true",
        fee="fee_charged",
        # No memo is the usual case, and worth no property.
        memo_type=pl.when(kind != "none").then(kind),
        memo=pl.when(kind != "none").then("memo"),
        ts=verdicts.iso_ms(pl.col("closed_at")),
    )


def _effects(frame: pl.DataFrame) -> pl.DataFrame:
    details = frame.select(
        "operation_id", "index", "address", "type_string", pl.col("details").struct.unnest()
    )

    return claims_of.makers(
        details.select(
            "address", "type_string", "amount", "balance_id", "seller",
            operation_id=verdicts.integer(pl.col("operation_id")),
            index=verdicts.integer(pl.col("index")),
            **claims_of.effect_columns(),
        )
    )  # fmt: skip


def _trades(frame: pl.DataFrame) -> pl.DataFrame:
    def asset(side: str) -> pl.Expr:
        return claims_of.asset(
            pl.col(f"{side}_asset_type"),
            pl.col(f"{side}_asset_code"),
            pl.col(f"{side}_asset_issuer"),
        )

    return claims_of.makers(
        frame.select(
            "selling_amount",
            "buying_amount",
            operation_id=verdicts.integer(pl.col("history_operation_id")),
            order=verdicts.integer(pl.col("order")),
            maker=pl.col("selling_account_address").replace("", None),
            pool=pl.coalesce(
                pl.col("selling_liquidity_pool_id_strkey").replace("", None),
                pl.col("selling_liquidity_pool_id").replace("", None),
            ),
            selling_asset=asset("selling"),
            buying_asset=asset("buying"),
        )
    )


def _operations(records: pl.DataFrame) -> pl.DataFrame:
    flat = records.select(pl.exclude("details"), pl.col("details").struct.unnest())
    return flat.select(
        "line",
        "text",
        "malformed",
        "type_string",
        "closed_at",
        *stellar.DETAILS,
        "asset_balance_changes",
        raw_id="id",
        raw_transaction="transaction_id",
        raw_ledger="ledger_sequence",
        owner="source_account",
        operation_id=verdicts.integer(pl.col("id")),
        transaction_id=verdicts.integer(pl.col("transaction_id")),
        ts=verdicts.iso_ms(pl.col("closed_at")),
    ).with_columns(
        row=pl.int_range(pl.len(), dtype=pl.Int64), ledger=pl.col("operation_id") // 2**32
    )


def _parcel(source: Source, operations: pl.DataFrame, tables: _Tables, context: Context) -> Parcel:
    known = tables.transactions.matching(operations["transaction_id"].drop_nulls()).drop("ts")
    operations = operations.join(
        known.unique("transaction_id", keep="first"), on="transaction_id", how="left",
        maintain_order="left",
    )  # fmt: skip
    assumed = not tables.transactions.given
    ledger = verdicts.integer(pl.col("raw_ledger"))
    operations = operations.with_columns(
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("malformed")),
            (verdicts.MISSING_FIELD, verdicts.blank(
                "raw_id", "raw_transaction", "type_string", "owner", "closed_at")),
            (verdicts.BAD_VALUE, pl.any_horizontal(
                pl.col("operation_id", "transaction_id", "ts").is_null())),
            (verdicts.BAD_VALUE, pl.col("ledger") < 0),
            (verdicts.BAD_VALUE, pl.col("raw_ledger").is_not_null()
                & ledger.ne_missing(pl.col("ledger"))),
            ("missing_transaction", pl.lit(not assumed) & pl.col("successful").is_null()),
        ),
        failed=pl.col("successful").fill_null(value=assumed).not_(),
    )  # fmt: skip
    sound = operations.filter(pl.col("reject").is_null())
    sides = stellar.Sides(
        tables.effects.matching(sound["operation_id"]),
        tables.trades.matching(sound["operation_id"]),
        tables.effects.given or tables.trades.given,
    )
    flags = [Flag.SUCCESS_UNKNOWN] if assumed else []
    return stellar_parcel.settled(source, operations, sides, context.network, flags)


def _count_unused(tables: _Tables, operations: pl.Series, context: Context) -> None:
    for table in (tables.effects, tables.trades):
        context.warnings["unused_side_rows"] += table.unmatched(operations)
    parents = operations // 2**12 * 2**12
    context.warnings["unused_side_rows"] += tables.transactions.unmatched(parents)
    if not context.warnings["unused_side_rows"]:
        del context.warnings["unused_side_rows"]
