"""Proposals of infrastructure: figures by hand, decisions that last, one flag for everybody."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import NotFoundError
from cypher import infrastructure
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

# hub: senders a b c, recipients c d, four transfers with c; a: one recipient, twice.
LEDGER = ["a hub 1 1d", "b hub 1 1d", "c hub 1 2d", "c hub 1 3d", "hub c 1 4d", "hub c 1 4d",
          "hub d 1 5d", "a b 1 5d", "a b 1 6d", "hub hub 1 1d", "e hub 1 1d kind=fee"]  # fmt: skip
TWO = RunSpec(parameters={"infrastructure": {"top": 2}})


def ask(graph: Graph, query: str) -> list[Any]:
    with graph.driver.session() as session:
        return [row[0] if len(row) == 1 else row for row in session.run(query).values()]


def proposed(graph: Graph, state: str = "proposed") -> list[str]:
    found = graph.read("lookups/infra_proposals", network="case", state=state)
    return [account.removeprefix("case:") for account in found["account"]]


def test_proposals_are_those_with_most_counterparties(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER, accounts={"b": {"betweenness": 0.5}})
    (report,) = run(clean_graph, ["infrastructure"], TWO)
    assert (report.error, report.nodes) == (None, 2)
    found = clean_graph.read("lookups/infra_proposals", network="case")
    hub = found.row(0, named=True)
    assert (hub["account"], hub["in_degree"], hub["out_degree"]) == ("case:hub", 3, 2)
    shares = [1 / 7, 1 / 7, 4 / 7, 1 / 7]
    assert hub["entropy"] == pytest.approx(-sum(p * math.log2(p) for p in shares))
    assert (hub["degree_rank"], hub["entropy_rank"], hub["betweenness_rank"]) == (1, 1, None)
    assert found["account"][1] == "case:a"  # a, b and c all have two; ties by id


def test_decisions_last_and_are_versioned(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    run(clean_graph, ["infrastructure"], TWO)
    first = infrastructure.decide(clean_graph, "case:hub", "ann", accept=True, reason="exchange")
    second = infrastructure.decide(clean_graph, "case:a", "ann", accept=False)
    assert (first.version, second.version) == (1, 2)
    text = "case|hub|analyst|infrastructure (accepted proposal)"
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    query = "MATCH (a:Account {is_infra: true})-[:HAS_TAG]->(g) RETURN a.address, g.id, g.category"
    assert ask(clean_graph, query) == [["hub", key, "infrastructure"]]

    run(clean_graph, ["infrastructure"], TWO)
    versions = ask(clean_graph, "MATCH (r:JobRun) RETURN r.infra_list ORDER BY r.started")
    assert versions == [hashlib.sha256(ids).hexdigest() for ids in (b"", b"case:hub")]
    assert proposed(clean_graph) == ["b", "c"]
    assert proposed(clean_graph, "rejected") == ["a"]

    third = infrastructure.decide(clean_graph, "case:hub", "bob", accept=False, reason="no")
    assert third.version == 3
    assert ask(clean_graph, "MATCH (a:Account {is_infra: true}) RETURN a.address") == []
    assert ask(clean_graph, "MATCH (g:Tag) RETURN count(g)") == [0]
    history = ask(clean_graph, "MATCH (p:InfraProposal) WHERE p.version = 3 RETURN p.history")[0]
    assert [entry.split()[:2] for entry in history] == [["1", "accepted"], ["3", "rejected"]]
    with pytest.raises(NotFoundError, match="tag infrastructure"):
        infrastructure.decide(clean_graph, "case:d", "ann", accept=True)


def test_undecided_proposals_go_with_the_next_run(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    run(clean_graph, ["infrastructure"], RunSpec(parameters={"infrastructure": {"top": 5}}))
    assert len(proposed(clean_graph)) == 5  # e paid a fee and nothing else
    run(clean_graph, ["infrastructure"], TWO)
    assert proposed(clean_graph) == ["hub", "a"]
