"""What transfers were worth in US dollars: their amounts by the price of their own UTC day.

Prices are `(:Price {asset, date, source, network, price, precedence})`, dollars for one whole unit.
An asset without a price on a day has no value there; another day's never stands in for it. An asset
whose unit is the dollar is always worth 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, cast

import polars as pl

from core.times import DAY_MS, window_ms
from cypher import evidence

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.graph import Graph

_SLACK = 1e-9
_NO_DOLLARS = pl.Series(dtype=pl.String)
_NO_DAYS = pl.DataFrame(schema={"asset": pl.String, "day": pl.Int64, "price": pl.Float64})
Table = Mapping[str, Mapping[str, float]]
"""Prices by asset, then by days since 1970-01-01 as text: what queries of motifs are given."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of a network's assets.

    Attributes:
        dollars: ids of the assets whose unit is the dollar.
        days: `asset`, `day` (since 1970-01-01) and `price`, each asset and day once.
    """

    dollars: pl.Series
    days: pl.DataFrame

    @property
    def any(self) -> bool:
        """Whether anything has a value at all."""
        return bool(self.dollars.len() or self.days.height)

    def mark(self, end: int) -> str:
        """SHA-256 of what says the values of transfers before an end (epoch ms)."""
        known = self.days.filter(pl.col("day") * DAY_MS < end).sort("asset", "day").write_csv()
        return sha256("\n".join([*self.dollars.sort(), known]).encode()).hexdigest()

    def values(self, transfers: pl.DataFrame) -> pl.Series:
        """The value of each transfer (`asset`, `ts`, `amount`); null where it is not known."""
        kind = transfers.schema["asset"]
        keyed = transfers.select("asset", "amount", day=pl.col("ts") // DAY_MS)
        days = self.days.with_columns(pl.col("asset").cast(kind))
        priced = keyed.join(days, on=["asset", "day"], how="left", maintain_order="left")
        dollar = pl.col("asset").is_in(self.dollars.cast(kind).implode())
        price = pl.when(dollar).then(1.0).otherwise(pl.col("price"))
        return priced.select(value=pl.col("amount") * price)["value"]


def read(graph: Graph, network: str, until: datetime | None = None) -> Prices:
    """The prices of a network, of no day after the last instant before `until`."""
    dollars = graph.read("lookups/dollar_assets", network=network)["asset"]
    return Prices(dollars, graph.read("lookups/day_prices", network=network, until=until))


def of_hits(graph: Graph, prices: Prices, hits: pl.DataFrame) -> pl.Series:
    """What the hits of a motif (`asset`, `volume`, `transfers`) moved, in US dollars.

    Null where a transfer has no value, and where the evidence is not all that the volume is made
    of, as of a static hit that shows only some transfers of a pair. Transfers of another asset than
    the hit's, as on another network, are no part of its volume.
    """
    rows = hits.select("asset", "volume", "transfers").with_row_index("hit")
    dollar = pl.col("asset").is_in(prices.dollars.implode()).fill_null(value=False)
    unknown = ~pl.col("asset").is_in(prices.days["asset"].unique().implode())
    told = rows.filter(~dollar & ~unknown.fill_null(value=not prices.any))
    proof = evidence.read(graph, told["transfers"].explode().drop_nulls())
    values = proof.select("id", "amount", paid="asset", value=prices.values(proof))
    summed = (
        told.explode("transfers")
        .join(values, left_on="transfers", right_on="id", how="left")
        .filter((pl.col("paid") == pl.col("asset")).fill_null(value=True))
        .group_by("hit")
        .agg(
            whole=(pl.col("amount").sum() - pl.col("volume").first()).abs()
            <= pl.col("volume").first() * _SLACK,
            known=pl.col("value").null_count() == 0,
            # In the order of values, so that the order of evidence changes no bit.
            value=pl.col("value").sort().sum(),
        )
        .select("hit", value=pl.when(pl.col("whole") & pl.col("known")).then("value"))
    )
    joined = rows.join(summed, on="hit", how="left", maintain_order="left")
    return joined.select(value=pl.when(dollar).then("volume").otherwise("value"))["value"]


def table(graph: Graph, bound: Mapping[str, object]) -> Table:
    """The prices that a motif's `network` (null: all), `since` and `until` let it see.

    An asset that ever has one is in it, so that its amounts do not count as dollars elsewhere.
    """
    network, since, until = (bound[name] for name in ("network", "since", "until"))
    every = graph.read("lookups/projection_networks")["network"] if network is None else [network]
    upto = cast("datetime | None", until)
    days = pl.concat([_NO_DAYS, *(read(graph, str(name), upto).days for name in every)])
    first = window_ms(cast("datetime | None", since), None)[0] // DAY_MS
    asked = days.with_columns(pl.col("day").cast(pl.String), late=pl.col("day") >= first)
    return {
        str(asset): dict(part.filter("late").select("day", "price").iter_rows())
        for (asset,), part in asked.group_by("asset")
    }


def sums(known: Table | None, transfers: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """What the hits of a motif with `asset`, `volume` and `transfers` moved.

    Args:
        known: the prices.
        transfers: a ledger's, that those of the hits are among.
        found: the hits.

    Returns:
        US dollars where the asset has prices, null with a day without one; else the volume.
    """
    known = known or {}
    rows = found.select("asset", "volume", "transfers").with_row_index("hit")
    priced = rows.filter(pl.col("asset").is_in(list(known))).explode("transfers")
    proof = transfers.filter(pl.col("id").is_in(priced["transfers"].implode()))
    prices = [
        (asset, int(day), float(price))
        for asset, days in known.items()
        for day, price in days.items()
    ]
    paid = Prices(_NO_DOLLARS, pl.DataFrame(prices, schema=_NO_DAYS.schema, orient="row"))
    values = proof.select(transfers="id", value=paid.values(proof))
    summed = (
        priced.join(values, on="transfers", how="left", maintain_order="left")
        .group_by("hit", maintain_order=True)
        .agg(value=pl.when(pl.col("value").null_count() == 0).then(pl.col("value").sum()))
    )
    joined = rows.join(summed, on="hit", how="left", maintain_order="left")
    named = pl.col("asset").is_in(list(known))
    return joined.select(value=pl.when(named).then("value").otherwise("volume"))["value"]
