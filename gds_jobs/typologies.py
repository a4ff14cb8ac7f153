"""Which patterns are worth an alert, and how sure one is: spec/alerts.md section 3 as data.

A typology names a motif, its variants from the strongest to the weakest, the parameters that
differ from the motif's own, a condition on the motif's columns and the confidence of its alerts.
Conditions see one more column, `volume_usd`, null where no price is known: then nothing is asked of
it. An asset's median in the place of 1,000 US dollars lost true rings wherever it was measured, and
severity by the asset's own quantiles tells what is small (section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC, TEMPORAL, CONSERVING = "static", "temporal", "conserving"


@dataclass(frozen=True, slots=True)
class Typology:
    """One row of the table.

    Attributes:
        motif: name in `cypher/motifs`.
        confidence: of its alerts, in [0, 1], from the motif's columns and `variant`.
        variants: from the strongest to the weakest; what a stronger one found on the same
            accounts is left out of the weaker ones. Empty where the motif has none.
        parameters: in place of the motif's own defaults.
        condition: what else must hold.
        subjects: roles whose accounts get an alert; empty is everybody.
        alerts: False records patterns only.
    """

    motif: str
    confidence: pl.Expr
    variants: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    condition: pl.Expr | None = None
    subjects: tuple[str, ...] = ()
    alerts: bool = True


def _by_variant(**confidence: float) -> pl.Expr:
    return pl.col("variant").replace_strict(confidence, default=0.0, return_dtype=pl.Float64)


_VOLUME = pl.col("volume_usd") / 1_000
"""In thousands of US dollars."""

_LEAST_TAINT = 0.1
_PROVEN = _by_variant(conserving=0.7, temporal=0.5)
_BOTH = (CONSERVING, TEMPORAL)

TYPOLOGIES: dict[str, tuple[Typology, ...]] = {
    "circular_flow": (
        Typology(
            motif="cycle",
            confidence=_by_variant(conserving=0.9, temporal=0.8, static=0.5),
            variants=(CONSERVING, TEMPORAL, STATIC),
            parameters={"max_length": 6, "max_cv": 0.3, "window": "P7D", "max_span": "P7D"},
            condition=(_VOLUME > 1).fill_null(value=True),
        ),
    ),
    "hub_spoke_layering": (
        Typology(
            motif="hub_spoke",
            confidence=pl.lit(0.75),
            variants=_BOTH,
            parameters={"min_spokes": 5, "return_within": "P3D"},
            subjects=("hub",),
        ),
    ),
    "peel_chain": (
        Typology(
            motif="peel_chain",
            confidence=pl.lit(0.7),
            parameters={"min_hops": 5, "max_hops": 20},
            subjects=("origin", "chain"),
        ),
    ),
    "layering": (
        Typology(
            motif="layering_chain",
            confidence=pl.lit(0.7),
            variants=(CONSERVING,),
            condition=(_VOLUME >= 1).fill_null(value=True),
        ),
    ),
    "fan_in": (Typology("fan_in", _PROVEN, _BOTH, subjects=("center",)),),
    "fan_out": (Typology("fan_out", _PROVEN, _BOTH, subjects=("center",)),),
    # Without the band these three are no such pattern (motifs.md 3.2, 3.3, 4.3): any busy account
    # has payers and payees. A fan is one without it.
    "scatter_gather": (Typology("scatter_gather", _PROVEN, (CONSERVING,)),),
    "gather_scatter": (Typology("gather_scatter", _PROVEN, (CONSERVING,), subjects=("center",)),),
    "split_merge": (Typology("split_merge", _PROVEN, (CONSERVING,)),),
    "smurfing_network": (Typology("smurfing_community", pl.lit(0.6)),),
    "coordinated_smurfing": (
        Typology(
            motif="coordinated_smurfing",
            confidence=pl.lit(0.7),
            parameters={"min_sources": 5, "window": "PT24H", "max_cv": 0.2},
        ),
    ),
    "structuring": (
        Typology("threshold_evasion", pl.col("clustering_score"), subjects=("structurer",)),
    ),
    # z is infinite where all other tiles count the same. Had one counted one more, ten in an hour
    # would still be z > 30 against the 24 tiles that a baseline needs: certain either way. That it
    # is a payroll is told by how often it comes (gds_jobs/priorities.py).
    "temporal_burst": (
        Typology("burst", (pl.col("z") / 10).fill_nan(1).clip(0, 1), subjects=("actor",)),
    ),
    "value_laddering": (Typology("value_laddering", pl.lit(0.5), subjects=("actor",)),),
    "wash_trading": (Typology("wash_loop", pl.lit(0.8), parameters={"min_rounds": 3}),),
    "sybil_cluster": (Typology("sybil_cluster", pl.lit(0.7)),),
    "proximity_risk": (
        Typology(
            motif="proximity",
            confidence=pl.col("risk"),
            parameters={"max_distance": 3},
            subjects=("suspect",),
        ),
    ),
    "tainted_funds": tuple(
        Typology(
            motif=motif,
            confidence=pl.col("taint_share"),
            condition=pl.col("taint_share") >= _LEAST_TAINT,
            subjects=("tainted",),
        )
        for motif in ("taint_haircut", "taint_fifo")
    ),
    # Found from the network of its first leg, whose alerts are about its own accounts.
    "bridge_hopping": (
        Typology(
            motif="bridge_hopping",
            confidence=pl.lit(0.5),
            parameters={"window": "PT24H", "tolerance": 0.05},
            subjects=("source",),
        ),
    ),
    "whale": (Typology("whale", pl.lit(0.3), subjects=("sender",)),),
    "scc_group": (Typology("scc_group", pl.lit(0.0), alerts=False),),
}
"""Typologies made from motifs; `scc_group` leaves patterns without alerts."""

UNUSUAL = {"gather_scatter": 3.0}
"""How many times as active as otherwise an account must be in a pattern for an alert. A busy one
that spends what it gets gathers and scatters in every window; 3 is the spec's for bursts. Fans have
no such limit: it loses half of AMLSim's true ones, whose accounts are always busy."""

WINDOWED = frozenset(
    {
        "fan_in",
        "fan_out",
        "scatter_gather",
        "gather_scatter",
        "hub_spoke",
        "bipartite",
        "stack",
        "coordinated_smurfing",
        "burst",
    }
)
"""Motifs whose identity includes the start of their window, static hits apart (motifs.md 1.6)."""
