"""Wash loops by columns: rings that are walked once in time, then walked on to the end."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import polars as pl

from cypher import catalog, values
from cypher.motifs import Kernel
from cypher.searches import rounds, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.hop_table import HopTable
    from cypher.searches.rounds import Walk

_LONGEST = 6


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    lengths = max(2, cast("int", bound["min_length"])), cast("int", bound["max_length"])
    most, wanted = cast("int", bound["max_per_account"]), rounds.rule(bound)
    found = []
    for network in walks.networks(reading, bound):
        table, cut = rounds.read(reading, network, bound)
        some = rounds.find(table, cut, (lengths[0], min(_LONGEST, lengths[1])), wanted)
        found += [_told(table, walk) for walk in some]
    if not found:
        return values.frame(catalog.load("motifs/wash_loop").columns, [])
    frame = pl.concat(sorted(found, key=lambda row: row.select("accounts", "asset", "rows").row(0)))
    frame = (
        frame.with_columns(
            variant=pl.lit(bound["variant"], pl.String),
            by=pl.col("accounts").list.first(),
        )
        .with_columns(
            cut=pl.col("cut") + (pl.len().over("by").cast(pl.Int64) - most).clip(0),
            place=pl.int_range(pl.len()).over("by"),
        )
        .filter(pl.col("place") < most)
    )
    return walks.limited(frame, "wash_loop", bound)


def _told(table: HopTable, walk: Walk) -> pl.DataFrame:
    """One row of the motif."""
    size = len(table.accounts)
    moved = table.rows[walk.rows]
    sent: Counter[int] = Counter()
    for row, amount in zip(walk.rows, moved["amount"], strict=True):
        sent[int(table.source[row])] += amount
    around = [walk.ring[-1], *walk.ring]
    return pl.DataFrame({
        "accounts": [[table.accounts[node % size] for node in walk.ring]],
        "roles": [["origin" if at == walk.origin else "member" for at in range(len(walk.ring))]],
        "transfers": [moved["id"].to_list()],
        "volume": [moved["amount"].sum()],
        "started": walks.instants(moved["ts"][:1]),
        "ended": walks.instants(moved["ts"][-1:]),
        "asset": [table.assets[walk.ring[0] // size]],
        "rounds": [walk.rounds],
        "net_change": [[sent[before] - sent[node] for before, node in pairwise(around)]],
        "cut": [walk.cut],
        "rows": [walk.rows],
    })  # fmt: skip


KERNEL = Kernel(_match, variants=("temporal",))
