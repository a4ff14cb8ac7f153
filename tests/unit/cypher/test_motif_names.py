from __future__ import annotations

import pytest

from core.errors import ParameterError
from cypher import motifs


def test_the_catalogue_is_the_folder() -> None:
    found = {"self_loop", "two_node_loop", "triangle", "fan_in", "fan_out"}
    assert found <= set(motifs.names())


@pytest.mark.parametrize("name", motifs.names())
def test_a_motif_tells_its_parameters_and_whether_it_was_cut(name: str) -> None:
    query = motifs.describe(name)
    parameters = {parameter.name: parameter for parameter in query.parameters}
    assert {"asset", "since", "until", "limit"} <= set(parameters)
    assert {"asset", "truncated"} <= {column for column, _ in query.columns}
    assert parameters["limit"].default == "10000"


VARIED = [
    name
    for name in motifs.names()
    if any(parameter.name == "variant" for parameter in motifs.describe(name).parameters)
]


@pytest.mark.parametrize("name", VARIED)
def test_a_variant_the_query_does_not_know_is_refused(name: str) -> None:
    required = {
        entry.name: "case:a" for entry in motifs.describe(name).parameters if entry.required
    }
    with pytest.raises(ParameterError, match="must be one of"):
        motifs.bind(name, {**required, "variant": "sideways"})


def test_values_may_be_text() -> None:
    bound = motifs.bind("triangle", {"max_gap": "2d", "hub_degree": "12"}, limit=3)
    assert (bound["hub_degree"], bound["limit"]) == (12, 3)
    assert str(bound["max_gap"]) == "2 days, 0:00:00"
