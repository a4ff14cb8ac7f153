"""A motif that takes too long is given up, and the run says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.schema import RunState
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph


def test_a_slow_motif_is_left_out_aloud(clean_graph: Graph) -> None:
    write_ledger(clean_graph, ["a b 1 1d", "b c 1 2d", "c a 1 3d"])
    spec = RunSpec(parameters={"patterns": {"motif_seconds": 0.001}})
    report = run(clean_graph, ["patterns"], spec)[-1]
    assert report.state == RunState.SEALED
    assert "Took too long and is left out: " in str(report.error)
