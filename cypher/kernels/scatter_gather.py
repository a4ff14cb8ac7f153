"""Scatter-gather by columns: pairs of accounts first, then their transfers, then windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher.motifs import Kernel
from cypher.searches import relay_windows, relays, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.relay_windows import Relay
    from cypher.searches.relays import RelayTable


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    found = []
    for network in walks.networks(reading, bound):
        table = relays.read(reading, network, bound)
        some = [
            relay
            for part in relays.walks(table)
            for relay in relay_windows.find(table, part, bound)
        ]
        found.append(_told(table, some))
    rows = pl.concat(found).with_columns(variant=pl.lit(bound["variant"], pl.String))
    rows = rows.sort("by", "collector", "asset", "started", "first")
    kept = walks.kept(rows, cast("int", bound["max_per_account"]))
    return walks.limited(kept, "scatter_gather", bound)


def _told(table: RelayTable, found: list[Relay]) -> pl.DataFrame:
    """One row an instance, with names; `by` is the source, `first` its first transfer."""
    names, rows, accounts = table.hops.accounts, table.hops.rows, len(table.hops.accounts)
    ints = pl.List(pl.Int64)
    frame = pl.DataFrame(
        {
            "source": [one.source for one in found],
            "collector": [one.collector for one in found],
            "branches": [one.branches for one in found],
            "ins": [one.ins for one in found],
            "outs": [one.outs for one in found],
        },
        {"source": pl.Int64, "collector": pl.Int64, "branches": ints, "ins": ints, "outs": ints},
    )
    sums = pl.when(pl.col("amount").null_count() == 0).then(pl.col("amount").sum())
    legs = [
        frame.select(name)
        .with_row_index("relay")
        .explode(name, empty_as_null=False)
        .with_columns(rows[frame[name].explode(empty_as_null=False).to_numpy()].select(
            "id", "ts", "amount"
        ))
        .group_by("relay", maintain_order=True)
        .agg("id", amount=sums, first=pl.col("ts").first(), last=pl.col("ts").max())
        for name in ("ins", "outs")
    ]  # fmt: skip
    ins, outs = legs
    source = frame["source"].to_numpy()
    middle = frame["branches"].list.eval(
        (pl.element() % accounts).replace_strict(np.arange(accounts), names, return_dtype=pl.String)
    )
    return pl.DataFrame(
        {
            "by": names.gather(source % accounts),
            "collector": names.gather(frame["collector"] % accounts),
            "middle": middle,
            "asset": table.hops.assets.gather(source // accounts),
            "transfers": walks.lists(ins["id"], outs["id"]),
            "first": ins["id"].list.first(),
            "volume": ins["amount"] + outs["amount"],
            "started": walks.instants(ins["first"]),
            "ended": walks.instants(pl.Series(outs["last"])),
            "retained_ratio": outs["amount"] / ins["amount"],
            "cut": pl.Series(table.cut[source], dtype=pl.Int64),
        }
    ).with_columns(
        accounts=pl.concat_list("by", "collector", "middle"),
        roles=pl.concat_list(
            pl.lit("source"),
            pl.lit("collector"),
            pl.lit("intermediary").repeat_by(pl.col("middle").list.len()),
        ),
        branches=pl.col("middle").list.len().cast(pl.Int64),
    )


KERNEL = Kernel(_match, variants=("temporal", "conserving"))
