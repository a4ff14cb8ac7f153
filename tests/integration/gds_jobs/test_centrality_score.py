"""The score of three percentiles, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.schema import RunState
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

SET = """
UNWIND [['a', 0.1, 0.0, 0.0], ['b', 0.2, 0.5, 0.0], ['c', 0.7, 0.0, 1.0], ['x', 9.0, 9.0, 9.0]] AS r
MATCH (n:Account {address: r[0]}) SET n.pagerank = r[1], n.betweenness = r[2], n.clustering = r[3]
"""


def test_percentiles_among_accounts_that_are_no_infrastructure(clean_graph: Graph) -> None:
    write_ledger(
        clean_graph, ["a b 1 1d", "b c 1 2d", "x a 1 3d"], accounts={"x": {"is_infra": True}}
    )
    (report,) = run(clean_graph, ["centrality_score"])
    assert (report.state, str(report.error)[:20]) == (RunState.SKIPPED, "No account has all o")
    with clean_graph.driver.session() as session:
        session.run(SET).consume()
        (report,) = run(clean_graph, ["centrality_score"])
        found = session.run("MATCH (n:Account) RETURN n.address, n.centrality_score").values()
    assert (report.state, report.nodes) == (RunState.SEALED, 3)
    # Hazen of three: 1/6, 3/6, 5/6; a tie of the two lower ones is 2/6.
    low, middle, high, tie = 1 / 6, 3 / 6, 5 / 6, 2 / 6
    expected = {
        "a": 0.4 * low + 0.3 * tie + 0.3 * tie,
        "b": 0.4 * middle + 0.3 * high + 0.3 * tie,
        "c": 0.4 * high + 0.3 * tie + 0.3 * high,
        "x": None,
    }
    assert dict(found) == {
        name: None if value is None else pytest.approx(value) for name, value in expected.items()
    }
