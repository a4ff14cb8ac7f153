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
    spec = RunSpec(parameters={"patterns": {"motif_seconds": 0.001}})
    report = run(clean_graph, ["patterns"], spec)[-1]
    assert report.state == RunState.SEALED
    assert report.error == "Took too long and is left out: peel_chain."
