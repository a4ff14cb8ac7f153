"""FLOW is TRANSFER summed per pair of accounts and asset, and tells when it is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.schema import RunState
from cypher.flows import are_fresh
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import short, write_ledger

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
