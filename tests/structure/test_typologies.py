"""The table of typologies is that of spec/alerts.md section 3, and fits the motifs it names."""

from __future__ import annotations

import pytest

from cypher import motifs
from gds_jobs.typologies import TYPOLOGIES, WINDOWED, Typology

SPECIFIED = {
    "circular_flow",
    "hub_spoke_layering",
    "peel_chain",
    "layering",
    "fan_in",
    "fan_out",
    "scatter_gather",
    "gather_scatter",
    "split_merge",
    "smurfing_network",
    "coordinated_smurfing",
    "structuring",
    "temporal_burst",
    "value_laddering",
    "wash_trading",
    "sybil_cluster",
    "proximity_risk",
    "tainted_funds",
    "bridge_hopping",
    "whale",
}
DERIVED = {"volume_usd", "variant", "asset"}
ENTRIES = [entry for entries in TYPOLOGIES.values() for entry in entries]


def test_every_specified_typology_is_there() -> None:
    alerting = {name for name, rows in TYPOLOGIES.items() if all(row.alerts for row in rows)}
    assert alerting == SPECIFIED
    assert {entry.motif for entry in ENTRIES} <= set(motifs.names())
    assert WINDOWED - {"bipartite", "stack"} <= {entry.motif for entry in ENTRIES}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.motif)
def test_a_typology_fits_its_motif(entry: Typology) -> None:
    query = motifs.describe(entry.motif)
    variants = entry.variants or (None,)
    for variant in variants:
        given = {} if variant is None else {"variant": variant}
        motifs.bind(entry.motif, {**entry.parameters, **given})
    columns = {name for name, _ in query.columns} | DERIVED
    for expression in (entry.confidence, entry.condition):
        if expression is not None:
            assert set(expression.meta.root_names()) <= columns
    assert all(f"'{role}'" in query.text for role in entry.subjects)
