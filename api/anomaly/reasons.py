"""Why an account has its score: the rules it meets with their evidence, and what stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cypher import rules
from cypher.measures import loops

if TYPE_CHECKING:
    from cypher.measures.fairon import Projection
    from cypher.rules import Verdict
    from ml.outliers import Outliers

EXPLAINED = 1000
"""So many of the highest of every score are told what stands out."""

_NAMED = 3
_MOTIFS = {"h5": "two_node_loop", "h6": "triangle"}
_TEXTS = pl.List(pl.String)


def hit(verdict: Verdict, rule: str) -> pl.Series:
    """Accounts that meet a rule."""
    return verdict.hits.filter(pl.col("rule") == rule.lower())["account"]


def of_rules(found: Projection, verdict: Verdict, walks: pl.DataFrame) -> pl.DataFrame:
    """Per account one text a rule: description, values, thresholds, patterns.

    Returns:
        `account` and `rules`, of accounts that meet any.
    """
    pages = [pl.DataFrame(schema={"account": pl.String, "rules": pl.String})]
    for rule in rules.names():
        hits = verdict.hits.filter(pl.col("rule") == rule)
        parts: list[pl.Expr] = [
            pl.lit(f"{rules.description(rule)} "),
            pl.col("evidence"),
            pl.lit(f"; {rules.limits(rule, verdict.thresholds)}"),
        ]
        if rule in _MOTIFS:
            named = loops.of_accounts(found, _MOTIFS[rule], hits["account"])
            hits = hits.join(named, on="account", how="left", maintain_order="left")
            listed = pl.col("patterns").list.join(" ")
            parts.append(pl.format("; {} loops: {}", "loops", listed))
        if _MOTIFS.get(rule) == "triangle":
            timed = walks.select("account", "in_time")
            hits = hits.join(timed, on="account", how="left", maintain_order="left")
            parts.append(pl.format("; {} of them can be walked in time order", "in_time"))
        pages.append(hits.select("account", rules=pl.concat_str(parts, ignore_nulls=True)))
    return pl.concat(pages).group_by("account", maintain_order=True).agg("rules")


def of_columns(scored: pl.DataFrame, strange: Outliers, scores: list[str]) -> pl.Series:
    """The columns of the largest z-scores, for the highest EXPLAINED of any score."""
    high = [pl.col(name).rank("ordinal", descending=True) <= EXPLAINED for name in scores]
    rows = np.flatnonzero(scored.select(pl.any_horizontal(high).alias("high"))["high"].to_numpy())
    order = np.argsort(-np.abs(strange.z[rows]), axis=1, kind="stable")[:, :_NAMED]
    texts: list[list[str]] = [[] for _ in range(scored.height)]
    for row, chosen in zip(rows, order, strict=True):
        texts[row] = [f"{strange.columns[i]} z = {strange.z[row, i]:+.2f}" for i in chosen]
    return pl.Series("columns", texts, _TEXTS)
