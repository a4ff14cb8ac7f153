"""A motif that takes too long is given up, and the run says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.schema import RunState
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from gds_jobs.tasks import patterns
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    import pytest

    from cypher.graph import Graph

# Every payment in is tried with every one out: 16 million, many times what the server takes to
# notice (it looks every two seconds) that the limit has passed.
IN_AND_OUT = 4_000


def test_a_slow_motif_is_left_out_aloud(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"peel_chain": patterns.TYPOLOGIES["peel_chain"]}
    monkeypatch.setattr(patterns, "TYPOLOGIES", slow)
    write_ledger(clean_graph, ["a b 1 1d"] * IN_AND_OUT + ["b c 1 2d"] * IN_AND_OUT)
    with clean_graph.driver.session() as session:
        session.run(
            "UNWIND ['peel_chain', 'cycle'] AS type CREATE (:Pattern {key: type, run: 'before', "
            "pattern_type: type, network: 'case', processing_date: date('2024-01-03'), "
            "window_days: 2})"
        ).consume()
    spec = RunSpec(parameters={"patterns": {"motif_seconds": 0.001}})
    report = run(clean_graph, ["patterns"], spec)[-1]
    assert report.state == RunState.SEALED
    assert report.error == "Took too long and is left out: peel_chain."
    with clean_graph.driver.session() as session:
        kept = session.run("MATCH (p:Pattern) RETURN p.pattern_type").value()
    assert kept == ["peel_chain"]  # of what was not looked for nobody knows that it is gone
