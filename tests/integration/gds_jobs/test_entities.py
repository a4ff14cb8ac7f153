"""Entities: co-spending, deposits and sweeps on ledgers by hand; what a person cuts stays cut."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import NotFoundError
from cypher import entities
from cypher.entities import Decision, LinkState
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import short, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph


def spend(tx: str, inputs: str, time: str, flags: str = "") -> list[str]:
    """A UTXO transaction that pays to `shop`, one edge an input."""
    more = f" flags={flags}" if flags else ""
    return [f"{name} shop 5 {time} kind=utxo id={tx}:0:{k}{more}" for k, name in enumerate(inputs)]


COINS = [
    *spend("t1", "ab", "1d"),
    *spend("t2", "bc", "2d"),
    *spend("t3", "ab", "3d"),
    *spend("t4", "d", "3d"),
    *spend("t5", "de", "9d", "coinjoin"),
    *spend("t6", "ef", "20d"),
]


def owners(graph: Graph) -> set[tuple[str, ...]]:
    query = "MATCH (a:Account) WHERE a.entity IS NOT NULL RETURN a.entity, a.id ORDER BY a.id"
    found: dict[str, list[str]] = {}
    with graph.driver.session() as session:
        for entity, account in session.run(query).values():
            found.setdefault(entity, []).append(account)
    return {short(members) for members in found.values()}


def links(graph: Graph) -> list[tuple[Any, ...]]:
    query = (
        "MATCH (a)-[l:SAME_ENTITY]->(b) RETURN a.address, b.address, l.rule, l.confidence, "
        "l.times, l.evidence ORDER BY a.id, b.id, l.rule"
    )
    with graph.driver.session() as session:
        return [(*rest, short(proof)) for *rest, proof in session.run(query).values()]


def test_inputs_of_one_transaction_have_one_owner(clean_graph: Graph) -> None:
    write_ledger(clean_graph, COINS)
    (report,) = [r for r in run(clean_graph, ["entities"]) if r.job == "entities"]
    assert report.error is None
    assert owners(clean_graph) == {("a", "b", "c"), ("e", "f")}
    assert [row[:5] for row in links(clean_graph)] == [
        ("a", "b", "co_spend", 0.9, 2),
        ("b", "c", "co_spend", 0.9, 1),
        ("e", "f", "co_spend", 0.9, 1),
    ]
    with clean_graph.driver.session() as session:
        proof = session.run("MATCH ()-[l {times: 2}]->() RETURN l.evidence").value()[0]
        ids = set(session.run("MATCH ()-[t:TRANSFER]->() RETURN t.id").value())
        entity = session.run("MATCH (a:Account {address: 'c'}) RETURN a.entity").value()[0]
    assert len(proof) == 4
    assert set(proof) <= ids
    assert entity == f"case:entity:{hashlib.sha256(b'case:a').hexdigest()[:16]}"


def test_a_cut_survives_the_next_run_and_says_who_and_why(clean_graph: Graph) -> None:
    write_ledger(clean_graph, COINS)
    run(clean_graph, ["entities"])
    decision = Decision(LinkState.CUT, "ann", "a service spends for both")
    assert entities.decide(clean_graph, "case:c", "case:b", decision) == ["co_spend"]
    assert owners(clean_graph) == {("a", "b"), ("e", "f")}
    run(clean_graph, ["entities"])
    assert owners(clean_graph) == {("a", "b"), ("e", "f")}
    told = clean_graph.read("lookups/entity_of", account="case:c").row(0, named=True)
    assert (told["state"], told["decided_by"], told["reason"]) == (
        "cut",
        "ann",
        "a service spends for both",
    )
    entities.decide(clean_graph, "case:b", "case:c", Decision(LinkState.ACCEPTED, "bob"))
    assert owners(clean_graph) == {("a", "b", "c"), ("e", "f")}
    with pytest.raises(NotFoundError, match="entity link"):
        entities.decide(clean_graph, "case:a", "case:c", decision)


def test_what_is_no_longer_found_goes(clean_graph: Graph) -> None:
    write_ledger(clean_graph, COINS)
    run(clean_graph, ["entities"])
    with clean_graph.driver.session() as session:
        session.run("MATCH ()-[t:TRANSFER]->() WHERE t.id CONTAINS 't6' DELETE t").consume()
    run(clean_graph, ["entities"])
    assert owners(clean_graph) == {("a", "b", "c")}
    assert len(links(clean_graph)) == 2


DEPOSITS = [
    # dep is a deposit address of x and y at an exchange; big keeps 20 %; many serves six.
    "x dep 100 1d", "dep hot 100 2d", "y dep 50 3d", "dep hot 49 4d",
    "x big 100 1d", "y big 100 1d", "big hot 160 2d",
    *(f"s{i} many 10 {i}h" for i in range(1, 7)), "many hot 60 2d",
    # not to an exchange, and to two accounts
    "x p 10 5d", "y p 10 5d", "p q 20 6d",
    "x r 10 5d", "y r 10 5d", "r hot 10 6d", "r q 10 6d",
]  # fmt: skip
SWEEPS = [
    # boss funds three within a day, who all pass on to pot; m4 was funded late, m5 by another.
    *(f"boss m{i} 100 {i}h" for i in (1, 2, 3)), "boss m4 100 3d", "else m5 100 1h",
    "boss m6 100 1h",
    *(f"m{i} pot 95 {5 + i}d" for i in (1, 2, 3, 4, 5)), "m6 pot 50 6d",
]  # fmt: skip


def test_deposits_and_sweeps_wait_for_a_person(clean_graph: Graph) -> None:
    write_ledger(clean_graph, [*DEPOSITS, *SWEEPS], accounts={"hot": {"is_infra": True}})
    run(clean_graph, ["entities"])
    assert [row[:5] for row in links(clean_graph)] == [
        ("m1", "m2", "funded_and_swept", 0.5, 1),
        ("m1", "m3", "funded_and_swept", 0.5, 1),
        ("x", "y", "shared_deposit", 0.6, 1),
    ]
    assert owners(clean_graph) == set()
    entities.decide(clean_graph, "case:x", "case:y", Decision(LinkState.ACCEPTED, "ann"))
    assert owners(clean_graph) == {("x", "y")}
    run(clean_graph, ["entities"], RunSpec(parameters={"entities": {"automatic": 0.5}}))
    assert owners(clean_graph) == {("m1", "m2", "m3"), ("x", "y")}
    entities.decide(clean_graph, "case:x", "case:y", Decision(LinkState.CUT, "bob"))
    assert owners(clean_graph) == {("m1", "m2", "m3")}  # the others count as the job was told
