"""Hubs and authorities by hand; against igraph in test_centralities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.schema import RunState
from core.times import parse_instant
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph


def test_one_hub_and_two_authorities(clean_graph: Graph) -> None:
    write_ledger(clean_graph, ["a b 1 1d", "a c 1 2d", "d c 1 3d"])
    run(clean_graph, ["hits"])
    with clean_graph.driver.session() as session:
        found = session.run("MATCH (a:Account) RETURN a.address, [a.hub, a.authority]").values()
    # Eigenvectors of [[2, 1], [1, 1]]: 0.850651 and 0.525731 are its parts at length 1.
    large, small = 0.8506508, 0.5257311
    expected = {"a": [large, 0], "d": [small, 0], "c": [0, large], "b": [0, small]}
    assert {name: pytest.approx(expected[name], abs=1e-6) for name, _ in found} == dict(found)


def test_infrastructure_counts_for_others_and_has_no_values(clean_graph: Graph) -> None:
    write_ledger(clean_graph, ["a b 1 1d", "a c 1 2d"], accounts={"c": {"is_infra": True}})
    run(clean_graph, ["hits", "degree", "wcc"])
    with clean_graph.driver.session() as session:
        found = session.run("MATCH (a:Account) RETURN a.address, [a.degree, a.hub, a.wcc]").values()
    assert dict(found) == {
        "a": [2, pytest.approx(1), 0],
        "b": [1, pytest.approx(0), 0],
        "c": [None, None, None],
    }


def test_an_empty_range_is_skipped(clean_graph: Graph) -> None:
    write_ledger(clean_graph, ["a b 1 1d"])
    report = run(clean_graph, ["hits"], RunSpec(as_of=parse_instant("2020-01-01")))[-1]
    assert report.state == RunState.SKIPPED
