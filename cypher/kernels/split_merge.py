"""Split-and-merge by columns: ways of all sources, then sets of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import polars as pl

from cypher import catalog, values
from cypher.motifs import Kernel
from cypher.searches import hop_table, hops, merges, walks, ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.hop_table import HopTable
    from cypher.searches.merges import Way

_LONGEST = 4


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    found = [_of_network(reading, network, bound) for network in walks.networks(reading, bound)]
    some = [rows for rows in found if rows.height]
    if not some:
        return values.frame(catalog.load("motifs/split_merge").columns, [])
    most = cast("int", bound["max_per_account"])
    kept = (
        pl.concat(some)
        .sort("by", "first", "first_id", "end", "asset")
        .with_columns(
            variant=pl.lit(bound["variant"], pl.String),
            cut=pl.col("cut") + (pl.len().over("by").cast(pl.Int64) - most).clip(0),
            place=pl.int_range(pl.len()).over("by"),
        )
        .filter(pl.col("place") < most)
    )
    return walks.limited(kept, "split_merge", bound)


def _of_network(reading: Reading, network: str, bound: Mapping[str, object]) -> pl.DataFrame:
    table = _table(reading, network, bound)
    low, high = (cast("float", bound[name]) for name in ("retention_min", "retention_max"))
    gap, span, split, merge = (
        cast("timedelta", bound[name]) // timedelta(milliseconds=1)
        for name in ("max_gap", "window", "split_window", "merge_window")
    )
    band = (low, high) if bound["variant"] == "conserving" else None
    follow = hops.Rule(gap, span, band, bool(bound["allow_same_ledger"]))
    join = merges.Rule(cast("int", bound["min_branches"]), split, merge, span, (low, high))
    limits = ways.Limits(
        cast("int", bound["truncation_limit"]),
        cast("int", bound["max_ways"]),
        min(_LONGEST, cast("int", bound["max_branch_length"])),
    )
    account = table.source % max(1, len(table.accounts))
    rows = []
    for part in ways.find(
        hops.in_time(table.rows, table.source, table.target, follow), account, limits
    ):
        for some, ratio in merges.joined(table, part, join):
            cut = int(part.cut[account[some[0][0]]])
            rows.append((some, ratio, cut))
    return _told(table, rows)


def _table(reading: Reading, network: str, bound: Mapping[str, object]) -> HopTable:
    """Transfers of known amount, those that begin a conserving way above nothing."""
    limits = hop_table.Limits.of_hubs(bound)
    # The sums of either variant are of base units, which only this one reads.
    table = hop_table.transfers(reading, network, {**bound, "variant": "conserving"}, limits)
    known = table.rows["ratio_amount"].is_not_null()
    keep = known.to_numpy()
    return hop_table.HopTable(
        table.accounts,
        table.assets,
        table.rows.filter(known),
        table.source[keep],
        table.target[keep],
        table.left_out,
    )


def _told(table: HopTable, found: list[tuple[list[Way], float, int]]) -> pl.DataFrame:
    """One row a set of ways, with names."""
    size, names = max(1, len(table.accounts)), table.accounts
    flat = pl.DataFrame(
        {"rows": [[row for way in some for row in way] for some, _, _ in found]},
        schema={"rows": pl.List(pl.Int64)},
    )
    every = flat.with_row_index("set").explode("rows", empty_as_null=False)
    moved = every.with_columns(
        table.rows[every["rows"].to_numpy()].select(
            "id", "ts", amount=pl.col("amount").fill_null(0.0)
        )
    )
    told = moved.group_by("set", maintain_order=True).agg(
        transfers="id",
        volume=pl.col("amount").sum(),
        started=pl.col("ts").min().cast(pl.Datetime("ms", "UTC")),
        ended=pl.col("ts").max().cast(pl.Datetime("ms", "UTC")),
        first=pl.col("ts").first(),
        first_id=pl.col("id").first(),
    )
    ends = [(int(table.source[some[0][0]]), int(table.target[some[0][-1]])) for some, _, _ in found]
    inner = [[[int(table.target[row]) for row in way[:-1]] for way in some] for some, _, _ in found]
    branch = [[0, 0, *(n for n, way in enumerate(s, 1) for _ in way)] for s in inner]
    position = [[0, 0, *(n for way in s for n in range(1, len(way) + 1))] for s in inner]
    nodes = [[*pair, *(n for way in s for n in way)] for pair, s in zip(ends, inner, strict=True)]
    ints = pl.List(pl.Int64)
    return told.with_columns(
        accounts=pl.Series(
            [[names[n % size] for n in some] for some in nodes], dtype=pl.List(pl.String)
        ),
        roles=pl.Series(
            [["source", "merge_point", *["branch_member"] * (len(some) - 2)] for some in nodes],
            dtype=pl.List(pl.String),
        ),
        by=pl.Series([names[source % size] for source, _ in ends], dtype=pl.String),
        end=pl.Series([names[end % size] for _, end in ends], dtype=pl.String),
        asset=pl.Series([table.assets[end // size] for _, end in ends], dtype=pl.String),
        retained_ratio=pl.Series([ratio for _, ratio, _ in found], dtype=pl.Float64),
        cut=pl.Series([cut for _, _, cut in found], dtype=pl.Int64),
        branches=pl.Series([len(some) for some, _, _ in found], dtype=pl.Int64),
        branch=pl.Series(branch, dtype=ints),
        position=pl.Series(position, dtype=ints),
    )


KERNEL = Kernel(_match)
