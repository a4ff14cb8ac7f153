"""A load that dies in the middle, run again, leaves the graph that an undisturbed load leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import loader
from loader.hash import graph_hash

if TYPE_CHECKING:
    from api.settings import Settings
    from cypher.graph import Graph

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = Path(__file__).with_name("crashing_load.py")
ROWS = 24_000


def write_ledger(folder: Path, rows: int = ROWS) -> Path:
    """A sample set in which accounts meet again and rows repeat."""
    path = folder / "transactions.csv"
    with path.open("w") as file:
        file.write("sourceNodeId,targetNodeId,value,time\n")
        file.writelines(
            f"{i * 7 % 997},{i * 13 % 1009},{1 + i % 50}.{i % 100:02},{1 + i // 900}\n"
            for i in range(rows)
        )
    return path


def test_a_killed_loader_leaves_whole_batches_and_its_successor_the_whole(
    clean_graph: Graph, settings: Settings, tmp_path: Path
) -> None:
    source = write_ledger(tmp_path)
    options = loader.LoadOptions(dead_letter_dir=tmp_path)
    undisturbed = loader.load(clean_graph, "amlsim", [source], options)
    expected = graph_hash(clean_graph)
    with clean_graph.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Migration DETACH DELETE n").consume()
    for batches in (2, 4):
        kill_after(batches, clean_graph, settings, source)
        checkpoint = clean_graph.read("lookups/checkpoint_read", network="amlsim")
        there = count(clean_graph)
        assert 0 < there < ROWS
        assert checkpoint["transfers"].to_list() == [there]
    report = loader.load(clean_graph, "amlsim", [source], options)
    assert report.read == undisturbed.read
    assert report.duplicate > 0
    assert count(clean_graph) == undisturbed.transfers
    assert graph_hash(clean_graph) == expected


def kill_after(batches: int, graph: Graph, settings: Settings, source: Path) -> None:
    """Start a load and end it with SIGKILL after some of its batches."""
    home_file = settings.home / "password"
    password_file = settings.neo4j_password_file or (home_file if home_file.is_file() else "")
    command = [sys.executable, str(SCRIPT), graph.uri, graph.user, str(password_file), "amlsim",
               str(source), str(source.parent), "1"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for _ in range(batches):
            assert process.stdout.readline() == ".\n"
        process.kill()
        process.wait(30)


def count(graph: Graph) -> int:
    with graph.driver.session() as session:
        found = session.run("MATCH ()-[r:TRANSFER]->() RETURN count(r) AS n").single(strict=True)
        return int(found["n"])
