"""Layering chains by columns: pairs of pass-through joined to chains, amounts exact."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher import prices
from cypher.motifs import Kernel
from cypher.searches import chains, passing, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.walks import Ground


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    grounds = (
        walks.ground(reading, name, bound, base=True) for name in walks.networks(reading, bound)
    )
    found = [_chains(ground, bound) for ground in grounds]
    return walks.limited(pl.concat(found), "layering_chain", bound)


def _chains(ground: Ground, bound: Mapping[str, object]) -> pl.DataFrame:
    transfers = ground.ledger.transfers
    source, target, ts = (transfers[name].to_numpy() for name in ("source", "target", "ts"))
    least, most = cast("int", bound["min_length"]), cast("int", bound["max_length"])
    window = cast("timedelta", bound["window"]) // timedelta(milliseconds=1)
    steps = passing.following(
        transfers,
        ~ground.stops,
        cast("float", bound["min_amount"]),
        passing.rule(bound),
    )
    before, after = passing.pair(steps, ts)
    # Counting counterparties is dear: only where the chain would be long enough.
    rows = [row for chain in chains.chains(before, after, len(ts), max(2, least)) for row in chain]
    long = np.isin(before, np.array(rows, dtype=np.int64))
    before, after = before[long], after[long]
    degrees = _degrees(ground.every.transfers, transfers[before], window)
    quiet = degrees <= cast("int", bound["max_inner_degree"])
    limits = chains.Limits(most, window)
    found = [
        part
        for chain in chains.chains(before[quiet], after[quiet], len(ts), max(2, least))
        for part in chains.maximal(chain, source, target, ts, limits)
        if len(part) >= max(2, least)
    ]
    hits = walks.chain_rows(ground.ledger, found)
    total = prices.sums(cast("prices.Table | None", bound["prices"]), transfers, hits)
    return (
        hits.filter(
            pl.col("cv") <= cast("float", bound["max_cv"]),
            (total >= cast("float", bound["min_total"])).fill_null(value=True),
        )
        .pipe(walks.kept, cast("int", bound["max_per_account"]))
        .sort("by", "first", maintain_order=True)
        .with_columns(variant=pl.lit("conserving"))
    )


def _degrees(every: pl.DataFrame, ins: pl.DataFrame, window_ms: int) -> NDArray[np.int64]:
    """Counterparties, over all assets, of each receiver within the window that its row begins."""
    ends = every.filter(pl.col("source") != pl.col("target")).select("source", "target", "ts")
    sides = pl.concat([ends, ends.select(source="target", target="source", ts="ts")])
    wanted = ins.select(source="target", start="ts").with_row_index("pair")
    counts = (
        wanted.lazy()
        .join(sides.lazy(), on="source")
        .filter(pl.col("ts").is_between(pl.col("start"), pl.col("start") + window_ms))
        .group_by("pair")
        .agg(pl.col("target").n_unique().alias("degree"))
        .collect()
    )
    joined = wanted.select("pair").join(counts, on="pair", how="left", maintain_order="left")
    return joined["degree"].fill_null(0).cast(pl.Int64).to_numpy()


KERNEL = Kernel(_match)
