"""Sybil clusters by likeness, by columns; those by funding are the query's."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher.motifs import Kernel
from cypher.searches import likeness, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cypher.ledger import Ledger
    from cypher.reading import Reading

    Integers = NDArray[np.int64]


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    found = pl.concat([
        _clusters(walks.read(reading, network, bound), bound)
        for network in walks.networks(reading, bound)
    ])  # fmt: skip
    first = pl.col("heads").list.first()
    ordered = found.sort(first, pl.col("own").list.first(), "first", nulls_last=True)
    return walks.limited(ordered, "sybil_cluster", bound)


def _clusters(ledger: Ledger, bound: Mapping[str, object]) -> pl.DataFrame:
    every = ledger.transfers.filter(pl.col("source") != pl.col("target"))
    wanted = every.filter(pl.col("amount").fill_null(0.0) >= cast("float", bound["min_amount"]))
    if bound["asset"] is not None:
        wanted = wanted.filter(pl.col("asset").cast(pl.String) == bound["asset"])
    stopped = walks.stops(ledger, bound)
    dealings = likeness.Dealings.of(_ends(wanted), wanted["ts"].to_numpy(), stopped)
    pairs = likeness.alike(dealings, cast("float", bound["min_jaccard"]))
    pairs = likeness.same_hours(dealings, pairs, cast("float", bound["min_cosine"]))
    pool = likeness.pools(pairs, len(stopped), cast("int", bound["min_members"]))
    return _told(ledger, every, pool, likeness.heads(dealings, pool), bound)


def _ends(transfers: pl.DataFrame) -> tuple[Integers, Integers]:
    source, target = (transfers[end].to_numpy().astype(np.int64) for end in ("source", "target"))
    return source, target


def _told(
    ledger: Ledger,
    every: pl.DataFrame,
    pool: Integers,
    heads: tuple[Integers, Integers],
    bound: Mapping[str, object],
) -> pl.DataFrame:
    """One row a cluster, with the transfers of its members among themselves and with the heads."""
    names, source, target = ledger.accounts["account"], *_ends(every)
    known = np.sort(heads[0] * len(pool) + heads[1])
    held = []
    for one, two in ((source, target), (target, source)):
        group = pool[one]
        inner = (group >= 0) & ((pool[two] == group) | np.isin(group * len(pool) + two, known))
        held.append(pl.DataFrame({"pool": group[inner], "row": np.flatnonzero(inner)}))
    legs = pl.concat(held).unique().sort("pool", "row")
    moved = legs.with_columns(every[legs["row"].to_numpy()].select("id", "ts", "asset", "amount"))
    told = moved.group_by("pool", maintain_order=True).agg(
        transfers=pl.col("id"),
        volume=pl.col("amount").fill_null(0.0).sum(),
        started=pl.col("ts").first().cast(pl.Datetime("ms", "UTC")),
        ended=pl.col("ts").last().cast(pl.Datetime("ms", "UTC")),
        first=pl.col("ts").first(),
        asset=pl.col("asset").first().cast(pl.String),
    )
    member = np.flatnonzero(pool >= 0)
    sides = {"own": (pool[member], member), "heads": heads}
    for name, (group, account) in sides.items():
        side = pl.DataFrame({"pool": group, name: names.gather(account)}).sort("pool", name)
        side = side.group_by("pool", maintain_order=True).agg(name)
        told = told.join(side, on="pool", how="left", maintain_order="left")
    empty = pl.lit([], dtype=pl.List(pl.String))
    return told.with_columns(pl.col("heads").fill_null(empty)).with_columns(
        accounts=pl.concat_list("heads", "own"),
        roles=pl.concat_list(
            pl.lit("controller").repeat_by(pl.col("heads").list.len()),
            pl.lit("member").repeat_by(pl.col("own").list.len()),
        ),
        asset=pl.coalesce(pl.lit(bound["asset"], pl.String), "asset"),
        variant=pl.lit(bound["variant"], pl.String),
        members=pl.col("own").list.len().cast(pl.Int64),
        cut=pl.lit(0, pl.Int64),
        cv=pl.lit(None, pl.Float64),
        inside=pl.lit(None, pl.Float64),
    )


KERNEL = Kernel(_match, variants=("static",))
