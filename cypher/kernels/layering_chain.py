"""Layering chains by columns: pairs of pass-through joined to chains, amounts exact."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import polars as pl

from cypher import prices
from cypher.motifs import Kernel
from cypher.searches import chains, crowds, passing, walks

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    most_others = cast("int", bound["max_inner_degree"])
    whole = chains.chains(before, after, len(ts), max(2, least))
    limits = chains.Limits(most, window)
    many = crowds.crowded(ground.every.transfers, transfers, whole, limits, most_others)
    limits = replace(limits, crowded=many)
    found = [
        part
        for chain in whole
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


KERNEL = Kernel(_match)
