"""FLOW is TRANSFER summed per pair of accounts and asset, and tells when it is stale."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.schema import RunState
from cypher.flows import are_fresh
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import short, write_ledger
from tests.integration.gds_jobs.test_jobs import random_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

LEDGER = ["a b 1 1d", "b c 2 2d", "a b 3 3d", "c a 4 3d asset=gold", "a f 1 3d kind=fee"]


def flows(graph: Graph) -> set[tuple[object, ...]]:
    query = (
        "MATCH (a)-[f:FLOW]->(b) RETURN [a.id, b.id, f.asset], f.count, f.amount, "
        "f.first_timestamp.epochMillis / 86400000 - 19723, f.last_timestamp.day - 1"
    )
    with graph.driver.session() as session:
        return {(*short(key), *rest) for key, *rest in session.run(query).values()}


def test_flow_is_transfer_per_pair_and_asset(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    (report,) = run(clean_graph, ["flows"])
    assert (report.state, report.nodes) == (RunState.SEALED, 3)
    expected = {
        ("a", "b", "coin", 2, 4.0, 1, 3),
        ("b", "c", "coin", 1, 2.0, 2, 2),
        ("c", "a", "gold", 1, 4.0, 3, 3),
    }
    assert flows(clean_graph) == expected
    assert are_fresh(clean_graph)
    (again,) = run(clean_graph, ["flows"])
    assert (again.state, again.error) == (RunState.SKIPPED, "FLOW is fresh already.")
    (forced,) = run(clean_graph, ["flows"], RunSpec(parameters={"flows": {"rebuild": "true"}}))
    assert forced.state == RunState.SEALED
    assert flows(clean_graph) == expected


def test_a_stale_flow_is_derived_before_the_job_that_reads_it(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    assert not are_fresh(clean_graph)
    assert [report.job for report in run(clean_graph, ["degree"])] == ["flows", "degree"]
    assert [report.job for report in run(clean_graph, ["degree"])] == ["degree"]
    write_ledger(clean_graph, ["b a 5 2d id=late"])
    assert not are_fresh(clean_graph)
    assert [report.job for report in run(clean_graph, ["degree"])] == ["flows", "degree"]
    assert ("b", "a", "coin", 1, 5.0, 2, 2) in flows(clean_graph)


def test_a_run_that_lost_flow_to_another_stops(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)

    def take_over(_what: str, _done: int, _total: int) -> None:
        clean_graph.write("writes/flows_begin", network="case", run="another")

    (report,) = run(clean_graph, ["flows"], progress=take_over)
    assert report.state == RunState.FAILED
    assert "took over" in str(report.error)
    assert not are_fresh(clean_graph)


def results(graph: Graph) -> list[object]:
    query = "MATCH (r:JobRun {state: 'sealed'}) RETURN r.results ORDER BY r.started"
    with graph.driver.session() as session:
        return [json.loads(row[0])["pairs"] for row in session.run(query).values()]


def test_new_transfers_change_only_the_pairs_they_touch(clean_graph: Graph) -> None:
    lines = [f"{line} id=t{n}" for n, line in enumerate(random_ledger(7, 300, 20), 1)]
    write_ledger(clean_graph, lines[:250])
    run(clean_graph, ["flows"])
    with clean_graph.driver.session() as session:  # tells which are made anew
        session.run("MATCH ()-[f:FLOW]->() SET f.old = true").consume()
    write_ledger(clean_graph, [*lines[250:], "a1 new 0.1 299h id=x", "a1 a2 1 300h id=f kind=fee"])
    touched = {tuple(line.split()[:2]) for line in lines[250:]} | {("a1", "new"), ("a1", "a2")}
    (report,) = run(clean_graph, ["flows"])
    assert report.state == RunState.SEALED
    assert results(clean_graph) == [None, len(touched)]
    assert are_fresh(clean_graph)
    query = "MATCH (a)-[f:FLOW]->(b) WHERE f.old IS NULL RETURN a.address, b.address"
    with clean_graph.driver.session() as session:
        made = {tuple(row) for row in session.run(query).values()}
    assert made == touched - ({("a1", "a2")} - made)
    partly = flows(clean_graph)
    run(clean_graph, ["flows"], RunSpec(parameters={"flows": {"rebuild": True}}))
    assert flows(clean_graph) == partly


def test_transfers_that_come_late_derive_everything(clean_graph: Graph) -> None:
    write_ledger(clean_graph, [*LEDGER, "a b 1 9d id=last"])
    run(clean_graph, ["flows"])
    write_ledger(clean_graph, ["c b 7 1d id=late"])
    run(clean_graph, ["flows"])
    assert results(clean_graph) == [None, None]
    assert ("c", "b", "coin", 1, 7.0, 1, 1) in flows(clean_graph)
