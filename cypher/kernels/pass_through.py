"""Pass-through by columns: pairs of transfers in and out matched in rounds, amounts exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from cypher.motifs import Kernel
from cypher.searches import passing, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.walks import Ground


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    grounds = (
        walks.ground(reading, name, bound, base=True) for name in walks.networks(reading, bound)
    )
    found = [_pairs(ground, bound) for ground in grounds]
    return walks.limited(pl.concat(found), "pass_through", bound)


def _pairs(ground: Ground, bound: Mapping[str, object]) -> pl.DataFrame:
    transfers = ground.ledger.transfers
    least = cast("float", bound["min_amount"])
    steps = passing.following(transfers, ~ground.stops, least, passing.rule(bound))
    before, after = passing.pair(steps, transfers["ts"].to_numpy())
    value = transfers["amount_base"].cast(pl.Float64).fill_null(0.0)
    usable = passing.usable_rows(transfers, least)
    received = (
        transfers.select("target", "asset", value=value, cut=pl.Series(steps.cut))
        .filter(pl.Series(usable))
        .group_by("target", "asset")
        .agg(received=pl.col("value").sum(), unseen=pl.col("cut").sum())
    )
    names = ground.ledger.accounts["account"]
    one, two = transfers[before], transfers[after]
    account = ["target", "asset"]
    most = cast("int", bound["max_per_account"])
    found = (
        pl.DataFrame(
            {
                "target": one["target"],
                "asset": one["asset"],
                "first": before,
                "dwell": two["ts"] - one["ts"],
                "accounts": walks.lists(
                    names[one["source"]], names[one["target"]], names[two["target"]]
                ),
                "transfers": walks.lists(one["id"], two["id"]),
                "volume": one["amount"].fill_null(0.0) + two["amount"].fill_null(0.0),
                "started": walks.instants(one["ts"]),
                "ended": walks.instants(two["ts"]),
                "value": value.gather(before),
                "retained_ratio": value.gather(after) / value.gather(before),
            }
        )
        .join(received, on=account, how="left")
        .sort("dwell", "first")
        .with_columns(
            matches=pl.len().over(account).cast(pl.Int64),
            share=pl.col("value").sum().over(account) / pl.col("received"),
            place=pl.int_range(pl.len()).over(account),
        )
        .filter(
            pl.col("matches") >= cast("int", bound["min_matches"]),
            pl.col("share") >= cast("float", bound["min_share"]),
            pl.col("place") < most,
        )
        .with_columns(
            cut=pl.col("unseen") + (pl.col("matches") - most).clip(0),
            dwell_seconds=pl.col("dwell") / 1000,
            roles=pl.concat_list(*map(pl.lit, ("source", "intermediary", "destination"))),
            variant=pl.lit("conserving"),
            asset=pl.col("asset").cast(pl.String),
        )
    )
    names_of = names.gather(found["target"])
    return found.with_columns(by=names_of).sort("by", "asset", "first")


KERNEL = Kernel(_match)
