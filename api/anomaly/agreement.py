"""How far the three detectors of a run agree, for its record (features-and-rules.md section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from gds_jobs.job import Context

DETECTORS = {
    "rules": "rule_score_raw",
    "mahalanobis": "mahalanobis_distance",
    "iforest": "iforest_score",
}
"""Detectors and the columns of their raw scores: the 0 to 100 forms of these keep their order."""


def report(context: Context, scored: pl.DataFrame) -> dict[str, object]:
    """Compare the detectors with each other, with the period before and with what tags tell."""
    # scikit-learn is loaded when it is used, not when a command starts.
    from ml import agreement  # noqa: PLC0415

    columns = {name: pl.col(column).cast(pl.Float64) for name, column in DETECTORS.items()}
    now = scored.select("account", **columns)
    before, facts = _before(context)
    found = agreement.agree(now, before, _labels(context, now))
    return {**found.facts(), **facts}


def _before(context: Context) -> tuple[pl.DataFrame | None, dict[str, object]]:
    """The scores of the period before, and which run they are of; none without a cut-off."""
    as_of = context.spec.as_of
    none: dict[str, object] = {"before": None, "before_as_of": None}
    if as_of is None:
        return None, none
    found = context.graph.read(
        "lookups/scores_before",
        network=context.network,
        as_of=as_of,
        windowed=context.spec.window is not None,
        models=list(DETECTORS),
    )
    if found.is_empty():
        return None, none
    wide = found.pivot("model", index="account", values="value", maintain_order=True)
    facts = {"before": found["version"][0], "before_as_of": found["as_of"][0].isoformat()}
    return wide.select("account", *DETECTORS).drop_nulls(), facts


def _labels(context: Context, now: pl.DataFrame) -> pl.DataFrame:
    """`account` and `y` by the tags that were known when the range ended."""
    from ml import labels  # noqa: PLC0415
    from ml.subgraph import SnapshotSpec  # noqa: PLC0415

    nodes = now.select(account_id="account").with_row_index("idx").cast({"idx": pl.Int32})
    spec = SnapshotSpec(network=context.network, as_of=context.spec.as_of)
    found = labels.collect(context.graph, spec, nodes)
    return nodes.join(found.frame, on="idx").select("y", account="account_id")
