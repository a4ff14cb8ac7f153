"""Horizon's transactions, effects and trades, as tables that explain operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from loader import verdicts
from loader.chains import horizon_records
from loader.chains import stellar_claims as claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.reading.sources import Source

TRANSACTIONS = pl.Schema(
    {
        "ledger": pl.Int64(), "transaction_id": pl.Int64(), "tx_id": pl.String(),
        "payer": pl.String(), "successful": pl.String(), "fee": pl.String(),
        "memo_type": pl.String(), "memo": pl.String(), "ts": pl.Int64(),
    }
)  # fmt: skip
"""Transactions; the packed id is null where the record does not tell it."""

_SIDES = ("base", "counter")
_PARTS = ("account", "liquidity_pool_id", "amount", "asset_type", "asset_code", "asset_issuer")
TRADES = pl.Schema(
    {
        "operation_id": pl.Int64(),
        "order": pl.Int64(),
        "base_is_seller": pl.String(),
        **{f"{side}_{part}": pl.String() for side in _SIDES for part in _PARTS},
    }
)
"""Trades as Horizon tells them: of a pair of assets, whichever side stood in the book."""

_TEXT = pl.String()
_MOVED = pl.Struct({"asset": _TEXT, "amount": _TEXT})
_FIELDS = {
    "transactions": pl.Struct(
        dict.fromkeys(
            ("hash", "paging_token", "ledger", "source_account", "fee_account", "successful",
             "fee_charged", "memo_type", "memo", "created_at"),
            _TEXT,
        )
    ),
    "effects": pl.Struct(
        {
            **dict.fromkeys(
                ("id", "account", "type", "amount", "asset", "asset_type", "asset_code",
                 "asset_issuer", "balance_id", "seller", "sold_amount", "sold_asset_type",
                 "sold_asset_code", "sold_asset_issuer", "bought_amount", "bought_asset_type",
                 "bought_asset_code", "bought_asset_issuer"),
                _TEXT,
            ),
            "sold": _MOVED,
            "bought": _MOVED,
            "liquidity_pool": pl.Struct({"id": _TEXT}),
        }
    ),
    "trades": pl.Struct(
        {"id": _TEXT, **{name: _TEXT for name in TRADES if name not in ("operation_id", "order")}}
    ),
}  # fmt: skip


def read(source: Source, part: str) -> Iterator[pl.DataFrame]:
    """The rows of a side file, in the schema of its kind.

    Raises:
        FormatError: a row is broken; it decides about operations, so none may be in doubt.
    """
    convert, needed = {
        "transactions": (_transactions, ("ledger", "tx_id", "fee")),
        "effects": (_effects, ("operation_id", "index", "type_string", "address")),
        "trades": (_trades, ("operation_id", "order")),
    }[part]
    for records in horizon_records.records(source, _FIELDS[part]):
        rows = convert(records)
        doubtful = (
            records["malformed"]
            | rows.select(pl.any_horizontal(pl.col(needed).is_null()).alias("doubtful"))["doubtful"]
        )
        if doubtful.any():
            line = records.filter(doubtful)["line"][0]
            reason = f"line {line} is not a record of {part}"
            raise FormatError("stellar_horizon", source.name, reason)
        yield rows


def seen_from_makers(trades: pl.DataFrame, operations: pl.DataFrame) -> pl.DataFrame:
    """Trades as `stellar_claims.TRADES` wants them: the maker sold to the operation's source.

    Args:
        trades: in the schema above.
        operations: `operation_id` and `owner`.
    """
    owner = pl.col("owner")
    maker_is_base = (
        pl.when((pl.col("counter_account") == owner).fill_null(value=False))
        .then(pl.lit(value=True))
        .when((pl.col("base_account") == owner).fill_null(value=False))
        .then(pl.lit(value=False))
        .when(pl.col("base_is_seller").is_in(["true", "false"]))
        .then(pl.col("base_is_seller") == "true")
    )

    def of(part: str, *, maker: bool) -> pl.Expr:
        base, counter = pl.col(f"base_{part}"), pl.col(f"counter_{part}")
        return pl.when(maker_is_base == maker).then(base).when(maker_is_base != maker).then(counter)

    def asset(*, maker: bool) -> pl.Expr:
        return claims_of.asset(
            *[of(part, maker=maker) for part in ("asset_type", "asset_code", "asset_issuer")]
        )

    joined = trades.join(operations.unique("operation_id"), on="operation_id", how="inner")
    return claims_of.makers(
        joined.select(
            "operation_id",
            "order",
            maker=of("account", maker=True),
            pool=of("liquidity_pool_id", maker=True),
            selling_amount=of("amount", maker=True),
            selling_asset=asset(maker=True),
            buying_amount=of("amount", maker=False),
            buying_asset=asset(maker=False),
        )
    ).unique(maintain_order=True)


def _transactions(records: pl.DataFrame) -> pl.DataFrame:
    kind = pl.col("memo_type")
    return records.select(
        ledger=verdicts.integer(pl.col("ledger")),
        transaction_id=verdicts.integer(pl.col("paging_token")),
        tx_id="hash",
        payer=pl.coalesce(pl.col("fee_account").replace("", None), "source_account"),
        successful="successful",
        fee="fee_charged",
        # No memo is the usual case, and worth no property.
        memo_type=pl.when(kind != "none").then(kind),
        memo=pl.when(kind != "none").then("memo"),
        ts=verdicts.iso_ms(pl.col("created_at")),
    )


def _effects(records: pl.DataFrame) -> pl.DataFrame:
    return claims_of.makers(
        records.select(
            "amount", "balance_id", "seller",
            **_place("index"),
            address="account",
            type_string="type",
            **claims_of.effect_columns(),
        )
    )  # fmt: skip


def _trades(records: pl.DataFrame) -> pl.DataFrame:
    return records.select(
        pl.col(name).replace("", None) if name in records.columns else _place("order")[name]
        for name in TRADES
    )


def _place(within: str) -> dict[str, pl.Expr]:
    """The operation and the place in it, from an id such as `0012884905985-0000000001`."""
    parts = pl.col("id").str.extract_groups(r"^0*([0-9]{1,19})-0*([0-9]{1,10})$").struct
    return {
        name: parts.field(str(group)).cast(pl.Int64, strict=False).alias(name)
        for group, name in enumerate(("operation_id", within), start=1)
    }
