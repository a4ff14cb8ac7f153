"""The stage `features` on a real ledger, whatever the size: the phishing graph of shared data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from api import console
from api.commands import bench

if TYPE_CHECKING:
    from api.commands.bench import Sides
    from cypher.graph import Graph

features = bench.stage("features")

AGAINST, GOAL = features.AGAINST, features.GOAL

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ROOT.parent / "shared/data/ethereum/phishing_graph/edges.csv"
MAPPING = ROOT / "tests/cases/formats/csv/phishing_graph.yaml"


def sides(graph: Graph, folder: Path, transfers: int) -> dict[str, Sides]:
    """Both write the same properties onto the same accounts; nothing where the ledger is not."""
    del folder, transfers
    if not LEDGER.is_file():
        console.note(f"left out: {LEDGER} is not here")
        return {}
    parts: dict[str, Sides] = features.compared(graph, LEDGER, MAPPING)
    return parts
