"""From windows of stars to the rows of fan_in and fan_out, in the order of their queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from core.errors import ParameterError
from cypher.searches import fan_table, fans, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.fan_table import FanTable, Integers, Rows, Side
    from cypher.searches.fans import Answers, Windows


def match(reading: Reading, bound: Mapping[str, object], side: Side) -> pl.DataFrame:
    """Instances of the temporal and the conserving variant.

    Raises:
        ParameterError: a star of no leaves is asked for.
    """
    if cast("int", bound[side.least]) < 1:
        raise ParameterError(f"motifs/{side.name}", side.least, "must be at least 1")
    found = []
    for network in walks.networks(reading, bound):
        table = fan_table.read(reading, network, side, bound)
        conserving = bound["variant"] == "conserving"
        near = fans.answers(table, bound) if conserving else None
        windows = fans.find(table, bound, near)
        found.append(_rows(table, bound, windows, near))
    rows = pl.concat(found).with_columns(variant=pl.lit(bound["variant"], pl.String))
    most = cast("int", bound["max_per_account"])
    kept = walks.kept(rows.sort("by", "asset", "first"), most)
    return walks.limited(kept, side.name, bound)


def _rows(
    table: FanTable,
    bound: Mapping[str, object],
    windows: Windows,
    near: Answers | None,
) -> pl.DataFrame:
    """One row a window; `by` is the centre, `first` the place of its first leg."""
    count, frame = len(windows.first), table.legs.frame[windows.first]
    legs = fans.held_legs(table, bound, windows.first, windows.end)
    none = np.zeros(0, dtype=np.int64)
    anchor = windows.end - 1 if table.side.inward else windows.first
    sent = near.of(anchor) if near else (none, none)
    names = table.ledger.accounts["account"]
    ones = _told(table, table.legs, *legs, count)
    twos = _told(table, table.answers, *sent, count)
    before, after = (ones, twos) if table.side.inward else (twos, ones)
    ratio = after["amount"] / before["amount"]
    return ones.with_columns(
        by=names.gather(frame["center"]),
        asset=frame["asset"].cast(pl.String),
        first=pl.Series(windows.first, dtype=pl.Int64),
        cut=frame["cut"],
        far=twos["others"].list.set_difference(ones["others"]).list.sort(),
        transfers=pl.DataFrame([before["ids"], after["ids"].alias("more")])
        .select(pl.concat_list(pl.all()))
        .to_series(),
        volume=ones["amount"] + twos["amount"],
        started=walks.instants(
            before["started"].zip_with(before["started"].is_not_null(), after["started"])
        ),
        ended=walks.instants(
            after["ended"].zip_with(after["ended"].is_not_null(), before["ended"])
        ),
        retained_ratio=ratio if near else pl.lit(None, pl.Float64),
    ).with_columns(
        pl.Series(table.side.leaves, windows.leaves, dtype=pl.Int64),
        twos["ids"].list.len().cast(pl.Int64).alias(table.side.answers),
        accounts=pl.concat_list(pl.concat_list("by"), "others", "far"),
        roles=pl.concat_list(
            pl.concat_list(pl.lit("center")),
            pl.lit(table.side.leaf).repeat_by(pl.col("others").list.len()),
            pl.lit(table.side.far).repeat_by(pl.col("far").list.len()),
        ),
    )


def _told(
    table: FanTable, rows: Rows, window: Integers, place: Integers, count: int
) -> pl.DataFrame:
    """By window, of legs or answers: `ids`, `others` (sorted), `amount`, `started`, `ended`."""
    names = table.ledger.accounts["account"]
    frame = rows.frame[place]
    said = pl.DataFrame(
        {
            "window": pl.Series(window, dtype=pl.Int64),
            "ids": frame["id"],
            "others": names.gather(frame["other"]),
            "ts": table.ledger.transfers["ts"].gather(frame["row"]),
        }
    )
    amount = fan_table.added(window, rows.amount[place], count)
    return (
        pl.DataFrame({"window": np.arange(count), "amount": pl.Series(amount).fill_nan(None)})
        .join(
            said.group_by("window", maintain_order=True).agg(
                "ids",
                pl.col("others").unique().sort(),
                started=pl.col("ts").first(),
                ended=pl.col("ts").last(),
            ),
            on="window",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("ids", "others").fill_null(pl.lit([], dtype=pl.List(pl.String))))
    )
