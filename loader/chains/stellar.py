"""Stellar operations to legs: who sent which asset to whom, for every type that moves value.

Shared by the formats that bring Stellar operations; reading their files is the formats' own matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.schema import Flag
from loader import verdicts
from loader.chains import stellar_claims as claims_of
from loader.chains import strkey
from loader.chains.stellar_claims import DECIMALS, NATIVE
from loader.format import too_long

if TYPE_CHECKING:
    from collections.abc import Sequence

PATHS = ("path_payment_strict_receive", "path_payment_strict_send")
OFFERS = ("manage_sell_offer", "create_passive_sell_offer", "manage_buy_offer")
CHANGES = pl.List(
    pl.Struct(
        dict.fromkeys(
            ("type", "from", "to", "amount", "asset_type", "asset_code", "asset_issuer"), pl.String
        )
    )
)
"""Balance changes of contract calls."""

DETAILS: tuple[str, ...] = (
    "funder", "account", "starting_balance", "from", "to", "to_muxed", "to_muxed_id", "amount",
    "asset_type", "asset_code", "asset_issuer", "source_amount", "source_asset_type",
    "source_asset_code", "source_asset_issuer", "into", "into_muxed_id", "asset", "balance_id",
    "liquidity_pool_id", "reserve_a_asset_type", "reserve_a_asset_code", "reserve_a_asset_issuer",
    "reserve_a_deposit_amount", "reserve_a_withdraw_amount", "reserve_b_asset_type",
    "reserve_b_asset_code", "reserve_b_asset_issuer", "reserve_b_deposit_amount",
    "reserve_b_withdraw_amount",
)  # fmt: skip
"""Fields of an operation's details that are read, all as text."""

EXTRAS = ("to_muxed_id", "memo_type", "memo")
"""Properties of transfers that only Stellar has."""

_LEGS = pl.Schema(
    {
        "row": pl.Int64(),
        "leg": pl.Int64(),
        "from": pl.String(),
        "to": pl.String(),
        "code": pl.String(),
        "text": pl.String(),
        "kind": pl.String(),
        "to_muxed_id": pl.String(),
        "missing": pl.Boolean(),
    }
)


@dataclass(frozen=True, slots=True)
class Sides:
    """What explains the operations of one piece: effects and trades, and whether any were given."""

    effects: pl.DataFrame
    trades: pl.DataFrame
    given: bool


def legs(operations: pl.DataFrame, sides: Sides) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Legs of operations, and the operations without any, with the reason.

    Args:
        operations: `row`, `operation_id`, `type_string`, `owner` (its source account), the fields
            `DETAILS` and `asset_balance_changes`.
        sides: of these operations.

    Returns:
        Legs: `row`, `leg`, `from`, `to`, `code` (`XLM` or `CODE:ISSUER`), `text` (the amount),
        `kind`, `to_muxed_id`, `missing` (legs_missing), `unbalanced`; and `row`, `skip`.
    """
    claims = claims_of.of_operations(
        operations.select("operation_id", "owner").unique("operation_id"),
        sides.effects,
        sides.trades,
    ).join(operations.select("row", "operation_id", "owner", "type_string"), on="operation_id")
    told = pl.concat(
        [sides.effects.select("operation_id"), sides.trades.select("operation_id")]
    ).unique()
    operations = operations.join(
        claims.group_by("row").agg(claims=pl.len().cast(pl.Int64)), on="row", how="left"
    ).join(told.with_columns(told=pl.lit(value=True)), on="operation_id", how="left")
    operations = operations.with_columns(
        pl.col("claims").fill_null(0), pl.col("told").fill_null(value=False)
    )
    found = pl.concat(
        [
            *_plain(operations),
            _paths(operations),
            *_claimed(claims),
            *_from_effects(operations, sides.effects),
            *_pools(operations),
            _contracts(operations),
        ]
    )
    found = _unmuxed(found).with_columns(
        unbalanced=pl.col("row").is_in(_unbalanced(operations, claims).implode())
    )
    return found, _without(operations, found, sides)


def transfers(
    found: pl.DataFrame, operations: pl.DataFrame, network: str, flags: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Legs with ids and exact amounts, and what is wrong with rows.

    Args:
        found: legs.
        operations: `row`, `operation_id`, `ledger`, `ts`, `tx_id`, and extras.
        network: of the accounts.
        flags: set on every transfer.

    Returns:
        Transfers, zero amounts left out; and `row`, `reject`, `skip`.
    """
    frame = verdicts.with_amount(found, "text", DECIMALS).join(operations, on="row", how="left")
    address = strkey.ANY
    frame = frame.with_columns(
        reject=verdicts.first_reason(
            (verdicts.MISSING_FIELD, verdicts.blank("from", "to", "code", "text")),
            (verdicts.BAD_VALUE, ~_known(pl.col("from"), address) | ~_known(pl.col("to"), address)),
            (verdicts.BAD_VALUE, ~_sound_asset(pl.col("code")) | pl.col("amount_base").is_null()),
            (verdicts.BAD_VALUE, too_long(frame, EXTRAS)),
            (verdicts.NEGATIVE, pl.col("negative")),
        )
    )
    order = {verdicts.MISSING_FIELD: 0, verdicts.BAD_VALUE: 1, verdicts.NEGATIVE: 2}
    outcome = frame.group_by("row").agg(
        reject=pl.col("reject").sort_by(pl.col("reject").replace_strict(order, default=9)).first(),
        skip=pl.when((pl.col("amount_base") == "0").all()).then(pl.lit(verdicts.ZERO)),
    )
    issuer = pl.col("code").str.split_exact(":", 1).struct.field("field_1")
    suffix = pl.when("missing").then(pl.lit("d")).otherwise(pl.col("leg").cast(pl.String))
    base = pl.concat_str(pl.lit(network), "ledger", "operation_id", separator=":")
    packed = pl.col("operation_id")
    moved = frame.filter(pl.col("amount_base") != "0").with_columns(
        id=pl.concat_str(base, suffix, separator=":"),
        # The other description of the same path payment: without legs, or with them.
        twin=pl.when("missing")
        .then(pl.concat_str(base, pl.lit(":0")))
        .when(
            pl.col("type_string").is_in(PATHS) & (pl.col("leg") == pl.col("leg").min().over("row"))
        )
        .then(pl.concat_str(base, pl.lit(":d"))),
        source=verdicts.account_id(network, pl.col("from")),
        target=verdicts.account_id(network, pl.col("to")),
        asset=pl.concat_str(pl.lit(f"{network}:"), "code"),
        ord=((packed // 2**12) % 2**20) * 2**32
        + (packed % 2**12) * 2**12
        + pl.when("missing").then(4095).otherwise(pl.col("leg").clip(0, 4095)),
        source_kind=account_kind(pl.col("from")),
        target_kind=account_kind(pl.col("to")),
        flags=verdicts.flags(
            *[(flag, pl.lit(value=True)) for flag in flags],
            (Flag.SELF, pl.col("from") == pl.col("to")),
            (Flag.MINT, (pl.col("from") == issuer).fill_null(value=False)),
            (Flag.BURN, (pl.col("to") == issuer).fill_null(value=False)),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
            (Flag.LEGS_MISSING, pl.col("missing")),
            (Flag.PATH_UNBALANCED, pl.col("unbalanced")),
        ),
    )
    return moved, outcome


def account_kind(address: pl.Expr) -> pl.Expr:
    """The kind that the first letter tells; null for plain accounts."""
    return address.str.slice(0, 1).replace_strict(
        {"L": "pool", "B": "claimable_balance", "C": "contract", "i": "pseudo", "f": "pseudo"},
        default=None,
        return_dtype=pl.String,
    )


def _known(address: pl.Expr, pattern: str) -> pl.Expr:
    return address.str.contains(pattern) | (address == "inflation")


def _sound_asset(code: pl.Expr) -> pl.Expr:
    return (code == NATIVE) | code.str.contains(r"^[A-Za-z0-9]{1,12}:(?:[GC][A-Z2-7]{55})$")


def _leg(frame: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Legs of a frame; what is not said is leg 0, without muxed id, with nothing missing."""
    known: dict[str, pl.Expr] = {
        "leg": pl.lit(0), "to_muxed_id": pl.lit(None), "missing": pl.lit(value=False), **columns
    }  # fmt: skip
    return frame.select("row", **{name: known[name] for name in _LEGS if name != "row"}).cast(_LEGS)


def _detail_asset(prefix: str = "") -> pl.Expr:
    return claims_of.asset(
        pl.col(f"{prefix}asset_type"),
        pl.col(f"{prefix}asset_code"),
        pl.col(f"{prefix}asset_issuer"),
    )


def _plain(operations: pl.DataFrame) -> list[pl.DataFrame]:
    """Types whose details say everything."""
    kind = pl.col("type_string")
    text = pl.col("amount")
    return [
        _leg(
            operations.filter(kind == "create_account"),
            **{"from": pl.coalesce("funder", "owner"), "to": pl.col("account")},
            code=pl.lit(NATIVE),
            text=pl.col("starting_balance"),
            kind=pl.lit("create_account"),
        ),
        _leg(
            operations.filter(kind == "payment"),
            **{"from": pl.coalesce("from", "owner"), "to": pl.col("to")},
            code=_detail_asset(),
            text=text,
            kind=pl.lit("payment"),
            to_muxed_id=pl.col("to_muxed_id"),
        ),
        _leg(
            operations.filter(kind == "clawback"),
            **{"from": pl.col("from"), "to": pl.col("owner")},
            code=pl.coalesce(_detail_asset_given(), claims_of.named_asset(pl.col("asset"))),
            text=text,
            kind=pl.lit("clawback"),
        ),
    ]


def _detail_asset_given() -> pl.Expr:
    return pl.when(pl.col("asset_type").is_not_null() | pl.col("asset_code").is_not_null()).then(
        _detail_asset()
    )


def _paths(operations: pl.DataFrame) -> pl.DataFrame:
    """The delivery of a path payment after its claims; alone and flagged where none are told."""
    return _leg(
        operations.filter(pl.col("type_string").is_in(PATHS)),
        **{"from": pl.coalesce("from", "owner"), "to": pl.col("to")},
        leg=2 * pl.col("claims"),
        code=_detail_asset(),
        text=pl.col("amount"),
        kind=pl.lit("path_payment"),
        to_muxed_id=pl.col("to_muxed_id"),
        missing=~pl.col("told"),
    )


def _claimed(claims: pl.DataFrame) -> list[pl.DataFrame]:
    """Two legs for each claim of a path payment or offer: what S gave, what S got."""
    claims = claims.filter(pl.col("type_string").is_in([*PATHS, *OFFERS]))
    kind = (
        pl.when(pl.col("type_string").is_in(PATHS))
        .then(pl.lit("path_leg"))
        .otherwise(pl.lit("trade"))
    )
    return [
        _leg(
            claims,
            **{"from": pl.col("owner"), "to": pl.col("maker")},
            leg=2 * pl.col("claim"),
            code=pl.col("gave_asset"),
            text=pl.col("gave_text"),
            kind=kind,
        ),
        _leg(
            claims,
            **{"from": pl.col("maker"), "to": pl.col("owner")},
            leg=2 * pl.col("claim") + 1,
            code=pl.col("got_asset"),
            text=pl.col("got_text"),
            kind=kind,
        ),
    ]


def _from_effects(operations: pl.DataFrame, effects: pl.DataFrame) -> list[pl.DataFrame]:
    """Types whose amount stands only in effects."""
    kinds = (
        "account_merge", "inflation", "create_claimable_balance", "claim_claimable_balance",
        "clawback_claimable_balance",
    )  # fmt: skip
    known = operations.filter(pl.col("type_string").is_in(kinds)).join(
        effects.select(
            "operation_id", "index", "address", "balance_id",
            effect="type_string", effect_amount="amount", effect_asset="asset",
        ),
        on="operation_id", how="left", suffix="_effect",
    ).sort("row", "index")  # fmt: skip
    kind, effect = pl.col("type_string"), pl.col("effect")
    told = {"code": pl.col("effect_asset"), "text": pl.col("effect_amount")}
    balance = pl.coalesce("balance_id", "balance_id_effect")
    merges = known.filter(
        (kind == "account_merge") & effect.is_in(["account_debited", "account_credited"])
    ).unique("row", keep="first", maintain_order=True)
    inflation = known.filter((kind == "inflation") & (effect == "account_credited")).with_columns(
        leg=pl.int_range(pl.len(), dtype=pl.Int64).over("row")
    )
    claimed = known.filter(
        (kind == "claim_claimable_balance") & (effect == "claimable_balance_claimed")
    ).unique("row", keep="first", maintain_order=True)
    taken = known.filter(
        (kind == "clawback_claimable_balance") & pl.col("effect_amount").is_not_null()
    ).unique("row", keep="first", maintain_order=True)
    created = (
        known.filter(kind == "create_claimable_balance")
        .with_columns(balance=balance)
        .filter(pl.col("balance").is_not_null())
        .unique("row", keep="first", maintain_order=True)
    )
    return [
        _leg(merges, **{"from": pl.col("owner"), "to": pl.col("into")}, code=pl.lit(NATIVE),
             text=pl.col("effect_amount"), kind=pl.lit("account_merge"),
             to_muxed_id=pl.col("into_muxed_id")),
        _leg(inflation, **{"from": pl.lit("inflation"), "to": pl.col("address")}, leg=pl.col("leg"),
             code=pl.lit(NATIVE), text=pl.col("effect_amount"), kind=pl.lit("inflation")),
        _balance_leg(claimed.with_columns(balance=balance), "from", told, "claimable_claim"),
        _balance_leg(taken.with_columns(balance=balance), "from", told, "clawback"),
        _balance_leg(created, "to", {
            "code": pl.coalesce(claims_of.named_asset(pl.col("asset")), _detail_asset_given()),
            "text": pl.col("amount"),
        }, "claimable_create"),
    ]  # fmt: skip


def _balance_leg(
    frame: pl.DataFrame, side: str, told: dict[str, pl.Expr], kind: str
) -> pl.DataFrame:
    """A leg between the operation's source and a claimable balance on the given side."""
    frame = frame.with_columns(strkey.converted(frame["balance"], strkey.balance))
    ends = {"from": pl.col("owner"), "to": pl.col("owner"), side: pl.col("balance")}
    return _leg(frame, **ends, **told, kind=pl.lit(kind))


def _pools(operations: pl.DataFrame) -> list[pl.DataFrame]:
    """Deposits and withdrawals: one leg for each of the two assets."""
    frame = operations.filter(
        pl.col("type_string").is_in(["liquidity_pool_deposit", "liquidity_pool_withdraw"])
    )
    frame = frame.with_columns(
        strkey.converted(frame["liquidity_pool_id"], strkey.pool).alias("pool")
    )
    deposit = pl.col("type_string") == "liquidity_pool_deposit"
    return [
        _leg(
            frame,
            **{
                "from": pl.when(deposit).then("owner").otherwise("pool"),
                "to": pl.when(deposit).then("pool").otherwise("owner"),
            },
            leg=pl.lit(leg),
            code=_detail_asset(f"reserve_{side}_"),
            text=pl.when(deposit)
            .then(f"reserve_{side}_deposit_amount")
            .otherwise(f"reserve_{side}_withdraw_amount"),
            kind=pl.when(deposit).then(pl.lit("pool_deposit")).otherwise(pl.lit("pool_withdraw")),
        )
        for leg, side in enumerate(("a", "b"))
    ]


def _contracts(operations: pl.DataFrame) -> pl.DataFrame:
    """Balance changes of a contract call; what is minted or burnt is so by the asset's issuer."""
    frame = (
        operations.filter(pl.col("type_string") == "invoke_host_function")
        .select("row", change="asset_balance_changes")
        .filter(pl.col("change").list.len() > 0)
        .explode("change")
        .with_columns(leg=pl.int_range(pl.len(), dtype=pl.Int64).over("row"))
        .with_columns(pl.col("change").struct.unnest())
    )
    issuer = pl.col("asset_issuer").replace("", None)
    return _leg(
        frame,
        **{
            "from": pl.coalesce(pl.col("from").replace("", None), issuer),
            "to": pl.coalesce(pl.col("to").replace("", None), issuer),
        },
        leg=pl.col("leg"),
        code=_detail_asset(),
        text=pl.col("amount"),
        kind=pl.lit("contract_transfer"),
    )


def _unmuxed(found: pl.DataFrame) -> pl.DataFrame:
    """Muxed addresses become the accounts below them; the receiver's id is kept."""
    sides = ("from", "to")
    muxed = pl.any_horizontal(pl.col(side).str.starts_with("M") for side in sides)
    if not found.select(muxed.any()).item():
        return found
    ids = strkey.converted(found["to"], strkey.muxed_id)
    found = found.with_columns(to_muxed_id=pl.coalesce("to_muxed_id", pl.lit(ids)))
    for side in sides:
        below = strkey.converted(found[side], strkey.underlying)
        is_muxed = pl.col(side).str.starts_with("M")
        found = found.with_columns(pl.when(is_muxed).then(below).otherwise(side).alias(side))
    return found


def _unbalanced(operations: pl.DataFrame, claims: pl.DataFrame) -> pl.Series:
    """Rows of path payments whose claims do not add up."""
    paths = operations.filter(pl.col("type_string").is_in(PATHS) & (pl.col("claims") > 0))
    sent = verdicts.with_amount(paths, "source_amount", DECIMALS)["amount_base"]
    delivered = verdicts.with_amount(paths, "amount", DECIMALS)["amount_base"]
    wanted = paths.select(
        "operation_id", sent_asset=_detail_asset("source_"), delivered_asset=_detail_asset()
    ).with_columns(sent=sent, delivered=delivered)
    bad = claims_of.unbalanced(claims, wanted)
    return paths.filter(pl.col("operation_id").is_in(bad.implode()))["row"]


def _without(operations: pl.DataFrame, found: pl.DataFrame, sides: Sides) -> pl.DataFrame:
    """Why operations have no legs."""
    kind = pl.col("type_string")
    hidden = ["account_merge", "inflation", "create_claimable_balance", "claim_claimable_balance",
              "clawback_claimable_balance"]  # fmt: skip
    no_trade = pl.lit("no_trade" if sides.given else "effects_missing")
    return operations.join(found.select("row"), on="row", how="anti").select(
        "row",
        skip=pl.when(kind.is_in(OFFERS))
        .then(no_trade)
        .when(kind.is_in(hidden))
        .then(pl.lit("effects_missing"))
        .otherwise(pl.lit("non_value_operation")),
    )
