"""From judged Stellar operations to parcels: legs, transfers, assets and fees.

Shared by the formats that bring Stellar operations; whether an operation counts is theirs to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.errors import FormatError
from core.schema import FEE_KIND
from loader import verdicts
from loader.chains import stellar, strkey
from loader.chains import stellar_claims as claims_of
from loader.format import ROWS, Parcel, assets_frame, stage, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.format import Context
    from loader.reading.sources import Source

FEES = ("transaction_id", "payer", "fee", "tx_id", "ts")
"""What `fees` needs to know of transactions; the id is the packed one."""


def settled(
    source: Source,
    operations: pl.DataFrame,
    sides: stellar.Sides,
    network: str,
    flags: Sequence[str],
) -> Parcel:
    """The parcel of operations.

    Args:
        source: the file they come from.
        operations: what `stellar.legs` needs, and `line`, `text`, `ledger`, `ts`, `tx_id`, `reject`
            and `failed`; `memo_type` and `memo` are null where there is none.
        sides: of these operations.
        network: of the accounts.
        flags: set on every transfer.
    """
    sound = operations.filter(pl.col("reject").is_null())
    found, without = stellar.legs(sound, sides)
    facts = sound.select(
        "row", "operation_id", "type_string", "ledger", "ts", "tx_id", "memo_type", "memo"
    )
    moved, outcome = stellar.transfers(found, facts, network, flags)
    rows = (
        operations.join(outcome, on="row", how="left", suffix="_leg", maintain_order="left")
        .join(without, on="row", how="left", suffix="_none", maintain_order="left")
        .select(
            "row", "line", "text",
            reject=pl.coalesce("reject", "reject_leg"),
            skip=pl.coalesce(
                pl.when("failed").then(pl.lit(verdicts.FAILED)), "skip_none", "skip"
            ),
        )
        .select(ROWS.names())
    )  # fmt: skip
    good = rows.filter(pl.col("reject").is_null() & pl.col("skip").is_null())
    moved = moved.join(good.select("row"), on="row", how="semi")
    return Parcel(source, rows, stage(moved, stellar.EXTRAS), assets=_assets(moved, network))


def fees(
    name: str, source: Source, transactions: pl.DataFrame, context: Context
) -> Iterator[Parcel]:
    """Note the sum of the fees, and yield transfers of them where wanted; they are no rows.

    Args:
        name: of the format.
        source: a file of transactions.
        transactions: the columns `FEES`.
        context: of the load.

    Raises:
        FormatError: a transaction does not tell what the transfer of its fee is made of.
    """
    packed = pl.col("transaction_id")
    charged = transactions.filter(packed.is_null() | packed.is_first_distinct())
    charged = charged.hstack(amounts.to_base(charged, "fee", 0))
    context.fees_base = amounts.total(charged["amount_base"])
    if context.options.fees != "edges":
        return
    needed = pl.any_horizontal(pl.col("transaction_id", "amount_base", "ts").is_null())
    payer = pl.col("payer").str.contains(strkey.ACCOUNT).fill_null(value=False)
    wrong = charged.filter(needed | ~payer | pl.col("negative") | too_long(charged))
    if wrong.height:
        named = (wrong["tx_id"][0] or "without a hash")[:80]
        reason = (
            f"the fee of transaction {named} lacks its id (paging_token), payer, amount or time"
        )
        raise FormatError(name, source.name, reason)
    network = context.network
    moved = charged.filter(pl.col("amount_base") != "0").with_columns(
        row=pl.lit(None, pl.Int64),
        ledger=packed // 2**32,
        ord=((packed // 2**12) % 2**20) * 2**32,
        source=verdicts.account_id(network, pl.col("payer")),
        target=pl.lit(f"{network}:fee_pool"),
        target_kind=pl.lit("pseudo"),
        code=pl.lit(claims_of.NATIVE),
        asset=pl.lit(f"{network}:{claims_of.NATIVE}"),
        amount=amounts.to_amount(pl.col("amount_base"), pl.lit(claims_of.DECIMALS)),
        kind=pl.lit(FEE_KIND),
    )
    moved = moved.with_columns(
        id=pl.concat_str(pl.lit(network), "ledger", "transaction_id", pl.lit("fee"), separator=":")
    )
    yield Parcel(source, pl.DataFrame(schema=ROWS), stage(moved), assets=_assets(moved, network))


def _assets(moved: pl.DataFrame, network: str) -> pl.DataFrame:
    code = pl.col("code").str.split_exact(":", 1).struct
    native = pl.col("code") == claims_of.NATIVE
    return assets_frame(
        moved.select("code", id="asset")
        .unique("id", maintain_order=True)
        .select(
            "id",
            network=pl.lit(network),
            symbol=code.field("field_0"),
            issuer=code.field("field_1"),
            decimals=pl.lit(claims_of.DECIMALS),
            asset_class=pl.when(native).then(pl.lit("native")).otherwise(pl.lit("issued")),
        )
    )
