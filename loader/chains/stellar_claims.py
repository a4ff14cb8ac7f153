"""Executed trades of Stellar operations, from effects or from trades: who gave what to whom.

A claim is one executed trade of an operation's source account S with a maker, which is an account
or a pool. Amounts are base units as text. Effects win over trades where an operation has both.
"""

from __future__ import annotations

import polars as pl

from core import amounts
from loader.chains import strkey

DECIMALS = 7
NATIVE = "XLM"

EFFECTS = pl.Schema(
    {
        "operation_id": pl.Int64(),
        "index": pl.Int64(),
        "address": pl.String(),
        "type_string": pl.String(),
        "amount": pl.String(),
        "asset": pl.String(),
        "balance_id": pl.String(),
        "seller": pl.String(),
        "pool": pl.String(),
        "sold_amount": pl.String(),
        "sold_asset": pl.String(),
        "bought_amount": pl.String(),
        "bought_asset": pl.String(),
    }
)
"""Effects as far as they tell of money; assets are `XLM` or `CODE:ISSUER`."""

TRADES = pl.Schema(
    {
        "operation_id": pl.Int64(),
        "order": pl.Int64(),
        "maker": pl.String(),
        "pool": pl.String(),
        "selling_amount": pl.String(),
        "selling_asset": pl.String(),
        "buying_amount": pl.String(),
        "buying_asset": pl.String(),
    }
)
"""Trades, seen from the maker: it sold the selling asset to the operation's source."""


def asset(kind: pl.Expr, code: pl.Expr, issuer: pl.Expr) -> pl.Expr:
    """`XLM` or `CODE:ISSUER`; null where neither can be told."""
    native = (kind == "native") | (kind.is_null() & (code.fill_null("") == ""))
    return (
        pl.when(native)
        .then(pl.lit(NATIVE))
        .otherwise(pl.concat_str(code.replace("", None), pl.lit(":"), issuer.replace("", None)))
    )


def named_asset(text: pl.Expr) -> pl.Expr:
    """`XLM` or `CODE:ISSUER` of `native`, `CODE:ISSUER` or `type:CODE:ISSUER`."""
    return (
        pl.when(text == "native")
        .then(pl.lit(NATIVE))
        .otherwise(text.str.replace(r"^credit_alphanum\d+:", ""))
    )


def effect_columns() -> dict[str, pl.Expr]:
    """Assets, pool and amounts of effects, whose details stand in columns of their own."""

    def told(prefix: str, nested: str | None) -> pl.Expr:
        kind = pl.col(f"{prefix}asset_type")
        flat = pl.when(kind.is_not_null()).then(
            asset(kind, pl.col(f"{prefix}asset_code"), pl.col(f"{prefix}asset_issuer"))
        )
        named = pl.col("asset") if nested is None else pl.col(nested).struct.field("asset")
        return pl.coalesce(flat, named_asset(named))

    return {
        "asset": told("", None),
        "pool": pl.col("liquidity_pool").struct.field("id"),
        "sold_amount": pl.coalesce("sold_amount", pl.col("sold").struct.field("amount")),
        "sold_asset": told("sold_", "sold"),
        "bought_amount": pl.coalesce("bought_amount", pl.col("bought").struct.field("amount")),
        "bought_asset": told("bought_", "bought"),
    }


def of_operations(
    operations: pl.DataFrame, effects: pl.DataFrame, trades: pl.DataFrame
) -> pl.DataFrame:
    """Claims of operations, numbered in their order.

    Args:
        operations: `operation_id` and `owner`, the source account.
        effects: in the schema above.
        trades: in the schema above.

    Returns:
        `operation_id`, `claim` (from 0), `maker`, `gave_asset`, `gave`, `got_asset`, `got`.
    """
    own = effects.join(operations, on="operation_id", how="inner").filter(
        pl.col("address") == pl.col("owner")
    )
    book = own.filter(pl.col("type_string") == "trade").select(
        "operation_id",
        place="index",
        maker="seller",
        gave_asset="sold_asset",
        gave_text="sold_amount",
        got_asset="bought_asset",
        got_text="bought_amount",
    )
    # A pool's trade is told from the pool's side: what it sold, the source received.
    pools = own.filter(pl.col("type_string") == "liquidity_pool_trade").select(
        "operation_id",
        place="index",
        maker="pool",
        gave_asset="bought_asset",
        gave_text="bought_amount",
        got_asset="sold_asset",
        got_text="sold_amount",
    )
    told = trades.join(effects.select("operation_id").unique(), on="operation_id", how="anti")
    others = told.join(operations, on="operation_id", how="semi").select(
        "operation_id",
        place="order",
        maker=pl.coalesce("maker", "pool"),
        gave_asset="buying_asset",
        gave_text="buying_amount",
        got_asset="selling_asset",
        got_text="selling_amount",
    )
    claims = pl.concat([book, pools, others])
    for side in ("gave", "got"):
        claims = claims.hstack(
            amounts.to_base(claims, f"{side}_text", DECIMALS).select(
                pl.col("amount_base").alias(side)
            )
        )
    moved = ~((pl.col("gave") == "0") & (pl.col("got") == "0")).fill_null(value=False)
    return (
        claims.filter(moved)
        .sort("operation_id", "place")
        .with_columns(claim=pl.int_range(pl.len(), dtype=pl.Int64).over("operation_id"))
    )


def unbalanced(claims: pl.DataFrame, paths: pl.DataFrame) -> pl.Series:
    """Path payments whose claims do not add up, hop by hop, from the amount sent to the delivered.

    Args:
        claims: as above.
        paths: `operation_id`, `sent_asset`, `sent`, `delivered_asset`, `delivered`.

    Returns:
        Their operation ids.
    """
    sold, bought = (
        pl.col("gave").cast(pl.Int64, strict=False),
        pl.col("got").cast(pl.Int64, strict=False),
    )
    hop = (pl.col("gave_asset") != pl.col("gave_asset").shift()).fill_null(value=True).cum_sum()
    hops = (
        claims.with_columns(hop=hop.over("operation_id"), sold=sold, bought=bought)
        .group_by("operation_id", "hop", maintain_order=True)
        .agg(
            pl.col("gave_asset", "got_asset").last(),
            pl.col("sold").sum(),
            pl.col("bought").sum(),
        )
        .join(paths, on="operation_id", how="inner", maintain_order="left")
    )
    before = {name: pl.col(name).shift().over("operation_id") for name in ("got_asset", "bought")}
    first = pl.col("hop") == pl.col("hop").min().over("operation_id")
    last = pl.col("hop") == pl.col("hop").max().over("operation_id")
    wanted_asset = pl.when(first).then("sent_asset").otherwise(before["got_asset"])
    wanted = (
        pl.when(first).then(pl.col("sent").cast(pl.Int64, strict=False)).otherwise(before["bought"])
    )
    begins = (pl.col("gave_asset") == wanted_asset) & (pl.col("sold") == wanted)
    ends = (pl.col("got_asset") == pl.col("delivered_asset")) & (
        pl.col("bought") == pl.col("delivered").cast(pl.Int64, strict=False)
    )
    good = begins.fill_null(value=False) & (~last | ends.fill_null(value=False))
    return hops.filter(~good)["operation_id"].unique()


def makers(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its pool ids as strkeys."""
    return frame.with_columns(strkey.converted(frame["pool"], strkey.pool))
