"""What kernels of path motifs share: networks, their ledgers and stop lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import polars as pl

from cypher import catalog, hubs
from cypher import ledger as ledgers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from cypher.ledger import Ledger
    from cypher.reading import Reading


def networks(reading: Reading, bound: Mapping[str, object]) -> list[str]:
    """The network asked for, or all that were loaded; one without a name where there is none."""
    if bound.get("network") is not None:
        return [str(bound["network"])]
    return reading.graph.read("lookups/projection_networks")["network"].to_list() or [""]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the paths of a network run.

    Attributes:
        every: the range's transfers of all assets, over which counterparties are counted.
        ledger: those of the asset asked for; the same where none is.
        stops: accounts that no path goes through, by row of `ledger.accounts`.
    """

    every: Ledger
    ledger: Ledger
    stops: NDArray[np.bool_]


def ground(
    reading: Reading, network: str, bound: Mapping[str, object], *, base: bool = False
) -> Ground:
    """A network's transfers of the range and asset asked for, and its stop list.

    A hub is one over all assets, so all are read whichever is asked for.
    """
    every = ledger = read(reading, network, bound, base=base)
    if (asset := bound.get("asset")) is not None:
        rows = every.transfers.filter(pl.col("asset").cast(pl.String) == asset)
        ledger = ledgers.Ledger(every.accounts, rows)
    return Ground(every, ledger, stops(every, bound))


def read(
    reading: Reading, network: str, bound: Mapping[str, object], *, base: bool = False
) -> Ledger:
    """A network's transfers of the range asked for, of every asset."""
    return reading.ledger(
        network,
        since=cast("datetime | None", bound.get("since")),
        until=cast("datetime | None", bound.get("until")),
        base=base,
    )


def stops(ledger: Ledger, bound: Mapping[str, object]) -> NDArray[np.bool_]:
    """Accounts that no path goes through, by row; the ledger holds every asset."""
    return hubs.stop_list(
        ledger,
        cast("int | None", bound.get("hub_degree")),
        cast("float | None", bound.get("hub_percentile")),
    )


def lists(*columns: pl.Series) -> pl.Series:
    """Rows of the columns as lists."""
    names = [column.alias(str(number)) for number, column in enumerate(columns)]
    return pl.DataFrame(names).select(pl.concat_list(pl.all())).to_series()


def instants(ts: pl.Series) -> pl.Series:
    """Epoch milliseconds as times."""
    return ts.cast(pl.Datetime("ms", "UTC"))


def limited(found: pl.DataFrame, name: str, bound: Mapping[str, object]) -> pl.DataFrame:
    """The motif's columns of the first rows; `cut` also counts the rows that `limit` leaves out."""
    limit = cast("int", bound["limit"])
    over = max(0, found.height - limit)
    return (
        found.head(limit)
        .with_columns(pl.col("cut").cast(pl.Int64) + over)
        .with_columns(truncated=pl.col("cut") > 0)
        .select(column for column, _ in catalog.load(f"motifs/{name}").columns)
    )


def chain_rows(ledger: Ledger, found: list[list[int]]) -> pl.DataFrame:
    """One row a chain of transfers that follow each other, in the order of their first and last.

    `cv` is the population standard deviation of the amounts by their mean; `by` is the first
    account's id, `cut` 0.
    """
    transfers, names = ledger.transfers, ledger.accounts["account"]
    chain = pl.Series("row", found, dtype=pl.List(pl.Int64))
    hops = chain.to_frame().with_row_index("chain").explode("row", empty_as_null=False)
    rows = hops["row"].to_numpy()
    hops = hops.with_columns(
        transfers[rows].select(
            "id", "ts", "asset", pl.col("amount").fill_null(0.0),
            source=names.gather(transfers["source"].gather(rows)),
            target=names.gather(transfers["target"].gather(rows)),
            value=pl.col("amount_base").cast(pl.Float64),
        )
    )  # fmt: skip
    between = pl.lit("intermediary").repeat_by(pl.col("length") - 1)
    return (
        hops.group_by("chain", maintain_order=True)
        .agg(
            by=pl.col("source").first(),
            targets=pl.col("target"),
            transfers=pl.col("id"),
            volume=pl.col("amount").sum(),
            started=pl.col("ts").first().cast(pl.Datetime("ms", "UTC")),
            ended=pl.col("ts").last().cast(pl.Datetime("ms", "UTC")),
            asset=pl.col("asset").first().cast(pl.String),
            retained_ratio=pl.col("value").last() / pl.col("value").first(),
            cv=pl.col("value").std(ddof=0) / pl.col("value").mean(),
            first=pl.col("row").first(),
            last=pl.col("row").last(),
            length=pl.len().cast(pl.Int64),
        )
        .with_columns(
            accounts=pl.concat_list(pl.concat_list("by"), "targets"),
            roles=pl.concat_list(pl.lit("source"), between, pl.lit("destination")),
            cut=pl.lit(0, dtype=pl.Int64),
        )
        .sort("first", "last")
    )


def kept(found: pl.DataFrame, most: int) -> pl.DataFrame:
    """The first `most` rows of each account `by`; `cut` counts the others."""
    return found.with_columns(
        cut=pl.col("cut") + (pl.len().over("by").cast(pl.Int64) - most).clip(0),
        place=pl.int_range(pl.len()).over("by"),
    ).filter(pl.col("place") < most)
