"""Old records go; the last of each kind, and what is still young, stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

LEDGER = ["a b 1 1d", "b c 2 2d"]
AGE = "MATCH (r:JobRun) SET r.finished = r.finished - duration('P30D')"


@pytest.mark.parametrize(("days", "left"), [(90, 2), (1, 1)])
def test_old_records_are_removed_but_the_last_of_each_kind(
    days: int, left: int, clean_graph: Graph
) -> None:
    write_ledger(clean_graph, LEDGER)
    for _ in range(2):
        run(clean_graph, ["activity"])
    with clean_graph.driver.session() as session:
        session.run(AGE).consume()
    parameters = {"retention": {"days": days}}
    (report,) = run(clean_graph, ["retention"], RunSpec(parameters=parameters))
    assert report.nodes == 2 - left
    kept = clean_graph.read("lookups/api_job_runs", job="activity", limit=10)
    assert kept.height == left
