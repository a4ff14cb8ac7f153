"""From judged UTXO transactions to transfers: every input account pays its part of every output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.schema import Flag
from loader import blocks, verdicts
from loader.chains import utxo_values as values
from loader.chains.utxo_split import split
from loader.format import ROWS, Parcel, assets_frame, stage

if TYPE_CHECKING:
    from loader.reading.sources import Source

EXTRAS = ("fee_base", "change_rule")
COINBASE = "coinbase"
_SYMBOLS = {"bitcoin": "BTC", "dogecoin": "DOGE", "litecoin": "LTC"}


def parcel(
    source: Source, rows: pl.DataFrame, inputs: pl.DataFrame, outputs: pl.DataFrame, network: str
) -> Parcel:
    """The rows and transfers of transactions with their verdicts.

    Args:
        source: the file that they come from.
        rows: consecutive transactions, with `total` taken in and `paid` out.
        inputs: theirs and maybe others', resolved.
        outputs: theirs and maybe others'.
        network: of the accounts.
    """
    good = rows.filter(values.moves())
    mine = outputs.drop("txid").filter(pl.col("value") > 0).join(good, on="row")
    spenders = _spenders(good, inputs)
    edges = mine.join(spenders, on="row", suffix="_from").with_columns(
        w=pl.col("value").cast(pl.Int128),
        total=pl.when("coinbase").then(1).otherwise("total"),
    )
    moved = _transfers(split(edges).filter(pl.col("part") > 0), spenders, network)
    first = rows["row"].min() or 0
    named = blocks.normal(pl.col("block_hash")).alias(blocks.COLUMN)
    shown = rows.with_columns(pl.col("row") - first).select(ROWS.names())
    return Parcel(
        source,
        shown,
        stage(moved.with_columns(pl.col("row") - first, named), [*EXTRAS, blocks.COLUMN]),
        accounts=_multisigs(mine, spenders, network),
        assets=_asset(network),
        blocks=blocks.told(
            rows.filter(pl.col("reject").is_null() & pl.col("in_block")), "block_hash"
        ),
    )


def _spenders(good: pl.DataFrame, inputs: pl.DataFrame) -> pl.DataFrame:
    """Input accounts `k` of each transaction in order of appearance, with what they bring, `v`."""
    made = good.filter("coinbase").select(
        "row",
        account=pl.lit(COINBASE),
        kind=pl.lit(COINBASE),
        members=pl.lit(None, pl.List(pl.String)),
        v=pl.lit(1, pl.Int128),
    )
    spent = (
        inputs.join(good, on="row", how="semi", maintain_order="left")
        .group_by("row", "account", maintain_order=True)
        .agg(pl.col("kind", "members").first(), v=pl.col("value").cast(pl.Int128).sum())
    )
    return pl.concat([made, spent.select(made.columns)]).with_columns(
        k=pl.int_range(pl.len(), dtype=pl.Int64).over("row")
    )


def _transfers(edges: pl.DataFrame, spenders: pl.DataFrame, network: str) -> pl.DataFrame:
    paying = spenders.select("row", "account", change=pl.lit(value=True))
    edges = edges.sort("row", "n", "k").join(
        paying, on=["row", "account"], how="left", maintain_order="left"
    )
    base, place = pl.col("part").cast(pl.String), pl.col("position")
    first = pl.int_range(pl.len()).over("row") == 0
    change = pl.col("change").fill_null(value=False)
    return edges.with_columns(
        id=pl.concat_str(
            verdicts.quote(pl.lit(network)), "ledger", "txid", "n", "k", separator=":"
        ),
        source=verdicts.account_id(network, pl.col("account_from")),
        target=verdicts.account_id(network, pl.col("account")),
        source_kind=pl.col("kind_from").replace("account", None),
        target_kind=pl.col("kind").replace("account", None),
        asset=pl.lit(f"{network}:native"),
        amount_base=base,
        ord=place.fill_null(0) * 2**32 + pl.col("n") * 2**12 + pl.col("k").clip(0, 4095),
        fee_base=pl.when(first & ~pl.col("coinbase")).then(
            (pl.col("total") - pl.col("paid")).cast(pl.String)
        ),
        change_rule=pl.when(change).then(pl.lit("direct")),
        flags=verdicts.flags(
            (Flag.SELF, pl.col("account_from") == pl.col("account")),
            (Flag.CHANGE, change),
            (Flag.COINJOIN, pl.col("coinjoin")),
            (Flag.ORDER_UNKNOWN, place.is_null()),
            (Flag.TIME_APPROXIMATE, pl.col("approximate")),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
        ),
    ).with_columns(
        kind=pl.when("coinbase").then(pl.lit(COINBASE)).otherwise(pl.lit("utxo")),
        amount=amounts.to_amount(pl.col("amount_base"), pl.lit(values.DECIMALS)),
    )


def _multisigs(outputs: pl.DataFrame, spenders: pl.DataFrame, network: str) -> pl.DataFrame:
    """Accounts of several addresses, which are known from nowhere else."""
    both = pl.concat([frame.select("account", "kind", "members") for frame in (outputs, spenders)])
    return (
        both.filter(pl.col("members").is_not_null())
        .unique("account", maintain_order=True)
        .select(
            id=verdicts.account_id(network, pl.col("account")),
            network=pl.lit(network),
            address="account",
            kind="kind",
            members="members",
        )
    )


def _asset(network: str) -> pl.DataFrame:
    return assets_frame(
        pl.DataFrame(
            {"id": [f"{network}:native"], "network": [network],
             "symbol": [_SYMBOLS.get(network, "native")], "decimals": [values.DECIMALS],
             "asset_class": ["native"]}
        )
    )  # fmt: skip
