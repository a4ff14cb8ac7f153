"""AstroML's backfill of Stellar as rows: operations with floats for amounts, failed ones included.

Its ids are of another family than those of stellar-etl: the same money is not loaded twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.schema import Flag
from loader import verdicts
from loader.chains import strkey
from loader.format import assets_frame, settle

if TYPE_CHECKING:
    from loader.format import Parcel
    from loader.reading.sources import Source

COLUMNS = (
    "ledger_sequence", "operation_id", "transaction_hash", "type", "sender", "receiver", "asset",
    "amount", "timestamp",
)  # fmt: skip
NETWORK = "stellar"

_DECIMALS = 7
_MOVING = {
    "create_account": "create_account",
    "payment": "payment",
    "path_payment": "path_payment",
    "path_payment_strict_receive": "path_payment",
    "path_payment_strict_send": "path_payment",
}
_ELSEWHERE = (
    "account_merge", "manage_offer", "manage_sell_offer", "manage_buy_offer",
    "create_passive_offer", "create_passive_sell_offer", "inflation", "create_claimable_balance",
    "claim_claimable_balance", "clawback", "clawback_claimable_balance", "liquidity_pool_deposit",
    "liquidity_pool_withdraw", "invoke_host_function",
)  # fmt: skip
"""Operations whose ends or amounts stand only in effects and trades, which a backfill lacks."""
_ASSET = r"^(?:XLM|[A-Za-z0-9]{1,12}:G[A-Z2-7]{55})$"


def parcel(source: Source, records: pl.DataFrame, network: str) -> Parcel:
    """The parcel of records: `line`, `text`, `ragged`, and each of `COLUMNS` as trimmed text."""
    operation = verdicts.integer(pl.col("operation_id"))
    kind = pl.col("type")
    # A new account is given lumens, though the backfill does not know of what asset.
    asset = pl.when(kind == "create_account").then(pl.lit("XLM")).otherwise("asset")
    moves = kind.is_in(list(_MOVING))
    told = records.with_columns(told="amount")
    frame = verdicts.with_amount(told, "told", _DECIMALS).with_columns(
        ledger=verdicts.integer(pl.col("ledger_sequence")),
        operation=operation,
        ts=verdicts.instant_ms(pl.col("timestamp"), "iso8601"),
        code=asset,
        ord=(operation // 2**12 % 2**20) * 2**32 + (operation % 2**12) * 2**12,
    )
    addresses = pl.all_horizontal(
        pl.col(end).str.contains(strkey.ANY) for end in ("sender", "receiver")
    )
    sound = (
        addresses & pl.col("code").str.contains(_ASSET) & (pl.col("operation") >= 0)
        & pl.all_horizontal(pl.col("amount_base", "ts").is_not_null()) & (pl.col("ledger") >= 0)
    )  # fmt: skip
    judged = frame.with_columns(
        reject=verdicts.first_reason(
            (verdicts.BAD_ROW, pl.col("ragged")),
            (verdicts.MISSING_FIELD, verdicts.blank("type")),
            (verdicts.MISSING_FIELD, moves & verdicts.blank(
                "ledger_sequence", "operation_id", "sender", "receiver", "code", "told",
                "timestamp")),
            (verdicts.BAD_VALUE, moves & ~sound.fill_null(value=False)),
            (verdicts.NEGATIVE, moves & pl.col("negative")),
        ),
        skip=verdicts.first_reason(
            ("effects_missing", kind.is_in(list(_ELSEWHERE))),
            ("non_value_operation", ~moves),
            (verdicts.ZERO, pl.col("amount_base") == "0"),
        ),
        id=pl.format("{}:{}:{}:a", pl.lit(network), "ledger", "operation"),
        source=verdicts.account_id(network, pl.col("sender")),
        target=verdicts.account_id(network, pl.col("receiver")),
        asset=verdicts.account_id(network, pl.col("code")),
        kind=kind.replace_strict(_MOVING, default=None, return_dtype=pl.String),
        tx_id=pl.col("transaction_hash").replace("", None),
        flags=verdicts.flags(
            (Flag.SELF, pl.col("sender") == pl.col("receiver")),
            (Flag.SUCCESS_UNKNOWN, pl.lit(value=True)),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
        ),
    )  # fmt: skip
    return settle(source, judged, assets=_assets(judged, network))


def _assets(judged: pl.DataFrame, network: str) -> pl.DataFrame:
    code = pl.col("code")
    native = code == "XLM"
    return assets_frame(
        judged.filter(pl.col("reject").is_null() & pl.col("skip").is_null())
        .unique("code", keep="first", maintain_order=True)
        .select(
            id="asset",
            network=pl.lit(network),
            symbol=code.str.extract(r"^([^:]+)"),
            issuer=code.str.extract(r":(.+)$"),
            decimals=pl.lit(_DECIMALS),
            asset_class=pl.when(native).then(pl.lit("native")).otherwise(pl.lit("issued")),
        )
    )
