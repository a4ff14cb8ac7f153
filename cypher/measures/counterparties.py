"""Whom an account deals with: concentration, overlap, stability, assets.

spec/features-and-rules.md section 9. Every function returns `own` and its features; where an
amount of the account is not known, what is weighed by amounts is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher.measures.sides import binary_entropy, entropy, gini

if TYPE_CHECKING:
    from cypher.measures.sides import Sides, Span

TOP = 10
PARTS = 4


def flows(seen: Sides) -> pl.DataFrame:
    """Distinct counterparties, and how an account's volume lies over them."""
    paid = pl.col("amount").filter(~pl.col("change"))
    summed = seen.rows.group_by("own", "other", "sent", maintain_order=True).agg(
        value=paid.sum(), unknown=pl.col("amount").null_count()
    )
    both = summed.group_by("own", "other", maintain_order=True).agg(
        value=pl.col("value").sum(),
        unknown=pl.col("unknown").sum(),
        sender=(~pl.col("sent")).any(),
        recipient=pl.col("sent").any(),
    )
    value, total = pl.col("value"), pl.col("value").sum()
    meets = pl.col("sender") & pl.col("recipient")
    mutual = meets & (pl.col("own") != pl.col("other"))
    told = both.group_by("own", maintain_order=True).agg(
        unique_senders=pl.col("sender").sum(),
        unique_recipients=pl.col("recipient").sum(),
        unique_counterparties=pl.len(),
        counterparty_overlap_ratio=meets.sum() / pl.len(),
        concentration_ratio=pl.when(total > 0).then(value.max() / total),
        mutual=pl.when(total > 0).then(value.filter(mutual).sum() / total),
        known=pl.col("unknown").sum() == 0,
    )
    incoming = summed.group_by("own").agg(share=(~pl.col("sent")).mean())
    spread = entropy(both, "value")
    even = pl.when(pl.col("shares") > 1).then(pl.col("entropy") / pl.col("shares").log(2))
    parts = [
        incoming.select("own", flow_direction_entropy=binary_entropy(pl.col("share"))),
        spread.select("own", flow_diversity=even.otherwise(0.0).clip(0, 1)),
        gini(summed, "value").rename({"gini": "flow_concentration"}),
        gini(both, "value").rename({"gini": "counterparty_concentration"}),
    ]
    for part in parts:
        told = told.join(part, on="own", how="left")
    weighed = ("concentration_ratio", "flow_diversity", "flow_concentration",
               "counterparty_concentration", "flow_reciprocity_entropy")  # fmt: skip
    told = told.with_columns(flow_reciprocity_entropy=binary_entropy(pl.col("mutual")))
    return told.with_columns(pl.when("known").then(name).alias(name) for name in weighed).drop(
        "known", "mutual"
    )


def marks(span: Span) -> list[int]:
    """Where the second and later quarters of a span begin, epoch ms."""
    start, length = span[0], max(span[1] - span[0], 1)
    return [start - (-part * length // PARTS) for part in range(1, PARTS)]


def stability(seen: Sides) -> pl.DataFrame:
    """Mean Jaccard overlap of the TOP counterparties of neighbouring quarters of the scope.

    Neighbours that are both empty do not count.
    """
    known = pl.col("amount").null_count().over("own") == 0
    length = max(seen.end - seen.start, 1)
    part = ((pl.col("ts") - seen.start) * PARTS // length).clip(0, PARTS - 1)
    summed = (
        seen.valued.filter(known)
        .group_by("own", "other", part=part, maintain_order=True)
        .agg(value=pl.col("amount").sum())
    )
    ordered = summed.sort("own", "part", "value", "other", descending=[False, False, True, False])
    top = (
        ordered.group_by("own", "part", maintain_order=True)
        .head(TOP)
        .select("own", "part", "other")
    )
    later = top.with_columns(part=pl.col("part") - 1)
    size = top.group_by("own", "part").agg(one=pl.len())
    after = later.group_by("own", "part").agg(two=pl.len())
    shared = top.join(later, on=["own", "part", "other"]).group_by("own", "part").agg(both=pl.len())
    keys = ["own", "part"]
    pairs = size.join(after, on=keys, how="full", coalesce=True).join(shared, on=keys, how="left")
    neighbours = pairs.filter(pl.col("part").is_between(0, PARTS - 2)).fill_null(0)
    both = pl.col("both")
    jaccard = both / (pl.col("one") + pl.col("two") - both)
    return neighbours.group_by("own").agg(counterparty_stability=jaccard.sort().mean())


def assets(seen: Sides) -> pl.DataFrame:
    """Assets in and out, and how evenly an account's transfers lie over them."""
    sent = pl.col("sent")
    counted = seen.rows.group_by("own").agg(
        unique_assets_in=pl.col("asset").filter(~sent).n_unique(),
        unique_assets_out=pl.col("asset").filter(sent).n_unique(),
    )
    mix = entropy(seen.events.group_by("own", "asset").agg(count=pl.len()), "count")
    even = pl.when(pl.col("shares") > 1).then(pl.col("entropy") / pl.col("shares").log(2))
    return counted.join(
        mix.select("own", asset_diversity_score=even.otherwise(0.0).clip(0, 1)), on="own"
    )
