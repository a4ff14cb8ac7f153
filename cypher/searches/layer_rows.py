"""From groups in windows to a motif's rows: the largest first, none that shares a transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher import catalog, values
from cypher.searches import fans, layer_table, walks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.layer_legs import Legs
    from cypher.searches.layer_table import LayerTable, Windows
    from cypher.searches.layers import Side

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

PART = 4_000_000
"""Transfers looked at at once, roughly."""


def match(
    reading: Reading,
    bound: Mapping[str, object],
    name: str,
    roles: Sequence[str],
    search: Callable[[LayerTable, Windows], pl.DataFrame],
) -> pl.DataFrame:
    """Instances of the motif, in the columns and the order of its query.

    Args:
        reading: of the database.
        bound: the motif's parameters.
        name: of the motif.
        roles: of its sides, in order.
        search: gives for windows one row a group, see `frame`.
    """
    found = []
    for network in walks.networks(reading, bound):
        table = layer_table.read(reading, network, bound)
        some = [search(table, part) for part in _parts(table, layer_table.windows(table, bound))]
        if groups := [part for part in some if part.height]:
            found.append(_told(table, _apart(pl.concat(groups), table.previous.size), roles))
    if not found:
        return values.frame(catalog.load(f"motifs/{name}").columns, [])
    most = cast("int", bound["max_per_account"])
    kept = (
        pl.concat(found)
        .sort("by", "asset", "first")
        .with_columns(
            variant=pl.lit(bound["variant"], pl.String),
            cut=pl.col("cut") + (pl.len().over("by").cast(pl.Int64) - most).clip(0),
            place=pl.int_range(pl.len()).over("by"),
        )
        .filter(pl.col("place") < most)
    )
    return walks.limited(kept, name, bound)


def _parts(table: LayerTable, every: Windows) -> Iterator[Windows]:
    """Windows in parts of about equal work, told by what their payers pay in all."""
    out = np.bincount(table.hops.source, minlength=table.hops.nodes)
    total = np.concatenate([[0], np.cumsum(out[table.hops.source[table.legs]])])
    for part in fans.parts(total[every.last] - total[every.first], PART):
        yield every.take(part)


def opened(table: LayerTable, some: Windows, legs: Legs) -> Flags:
    """Windows that the transfers hold the first of: one into their node, at their beginning."""
    ts, (window, row) = table.hops.rows["ts"].to_numpy(), legs
    begins = (table.hops.target[row] == some.node[window]) & (ts[row] == ts[some.low[window]])
    return np.bincount(window[begins], minlength=len(some.node)) > 0


def ordered(windows: Flags, legs: Legs) -> Legs:
    """Transfers in some of the windows, by window and time."""
    keep = windows[legs[0]]
    window, row = legs[0][keep], legs[1][keep]
    order = np.lexsort((row, window))
    return window[order], row[order]


def frame(some: Windows, sides: Sequence[Side], left: Sequence[Flags], legs: Legs) -> pl.DataFrame:
    """One row a window that has legs: its members by side, its transfers, and what it began with.

    Args:
        some: windows.
        sides: candidates of each side.
        left: of these, the members.
        legs: window and row of every transfer, in the order they are told.
    """
    held = pl.DataFrame(
        {"window": legs[0], "legs": legs[1]}, schema={"window": pl.Int64, "legs": pl.Int64}
    )
    rows = held.group_by("window", maintain_order=True).agg("legs").sort("window")
    window = rows["window"].to_numpy()
    rows = rows.with_columns(
        node=pl.Series(some.node[window]),
        low=pl.Series(some.low[window]),
        cut=pl.Series(some.cut[window]),
    )
    for number, (side, kept) in enumerate(zip(sides, left, strict=True)):
        members = kept[side.window, np.arange(len(side.key)) - side.start[side.window]]
        listed = (
            pl.DataFrame({"window": side.window[members], f"side{number}": side.node[members]})
            .group_by("window", maintain_order=True)
            .agg(f"side{number}")
        )
        rows = rows.join(listed, on="window", how="left", maintain_order="left")
    return rows


def _apart(groups: pl.DataFrame, rows: int) -> pl.DataFrame:
    """Groups taken one after the other, the largest and then the earliest first."""
    groups = groups.with_columns(size=pl.col("legs").list.len().cast(pl.Int64))
    groups = groups.sort("size", "low", "node", descending=[True, False, False])
    every = groups["legs"].explode().to_numpy()
    ends = np.cumsum(groups["size"].to_numpy())
    covered, taken = np.zeros(rows, dtype=np.bool_), np.zeros(len(ends), dtype=np.bool_)
    for place, (end, size) in enumerate(zip(ends.tolist(), groups["size"].to_list(), strict=True)):
        legs = every[end - size : end]
        if not covered[legs].any():
            covered[legs] = taken[place] = True
    return groups.filter(pl.Series(taken))


def _told(table: LayerTable, groups: pl.DataFrame, roles: Sequence[str]) -> pl.DataFrame:
    """Rows with names; `by` is the account that a window begins with."""
    names, rows, accounts = table.hops.accounts, table.hops.rows, len(table.hops.accounts)
    told = groups.with_row_index("group").select("group", "legs").explode("legs")
    moved = told.with_columns(rows[told["legs"].to_numpy()].select("id", "ts", "amount"))
    legs = moved.group_by("group", maintain_order=True).agg(
        transfers=pl.col("id"),
        volume=pl.when(pl.col("amount").null_count() == 0).then(pl.col("amount").sum()),
        started=pl.col("ts").first(),
        ended=pl.col("ts").max(),
    )
    sides = [
        groups[f"side{number}"].list.eval(
            (pl.element() % accounts).replace_strict(np.arange(accounts), names)
        )
        for number in range(len(roles))
    ]
    wide = pl.DataFrame([side.alias(role) for side, role in zip(sides, roles, strict=True)])
    node = groups["node"].to_numpy()
    return pl.concat([groups, legs.drop("group"), wide], how="horizontal").with_columns(
        accounts=pl.concat_list(roles),
        roles=pl.concat_list(pl.lit(role).repeat_by(pl.col(role).list.len()) for role in roles),
        by=names.gather(node % accounts),
        asset=table.hops.assets.gather(node // accounts),
        first="low",
        started=walks.instants(legs["started"]),
        ended=walks.instants(legs["ended"]),
        sources=pl.col("source").list.len().cast(pl.Int64),
        destinations=pl.col("destination").list.len().cast(pl.Int64),
    )
