"""Removing a network; saving and bringing back an embedded database of the tests' own."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from core.server import ServerConfig, default_cache, down, status
from cypher.graph import Graph
from cypher.wipe import wipe
from loader.hash import graph_hash
from loader.label_pack import TagOptions
from loader.tagging import tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.api.conftest import Run

FILL = """
UNWIND $networks AS n
MERGE (c:Checkpoint {network: n})
SET c.ledger = 9, c.transfers = $transfers, c.accounts = $accounts
MERGE (:Asset {id: n + ':X', network: n})
CREATE (:LoadBatch {id: n + ' load', network: n}), (:JobRun {id: n + ' job', network: n})
CREATE (s:ScoreRun {id: n + ' run', network: n, state: 'active', model: 'm'})
MERGE (m:Model {name: 'm'}) MERGE (m)-[:ACTIVE_RUN]->(s)
WITH n, s
CALL (n, s) {
  UNWIND range(0, $accounts - 1) AS i
  CREATE (a:Account {id: n + ':' + i, network: n, address: toString(i), kind: 'account'})
  CREATE (a)-[:SCORED {run: s.id, value: 1.0}]->(s)
}
CALL (n) {
  MATCH (hub:Account {id: n + ':0'})
  UNWIND range(0, $transfers - 1) AS i
  MATCH (b:Account {id: n + ':' + (i % $accounts)})
  CREATE (hub)-[:TRANSFER {id: n + ':' + i, asset: n + ':X', amount_base: '1', amount: 1.0, ts: i,
                           ledger: 9, ord: i, kind: 'payment'}]->(b)
}
CALL (n) {
  MATCH (a:Account {id: n + ':1'}), (b:Account {id: n + ':2'})
  CREATE (a)-[:FLOW {asset: n + ':X', count: 1}]->(b)
  CREATE (a)-[:HAS_TAG]->(:Tag {id: n + ' tag', network: n, category: 'scam'})
}
"""


def fill(graph: Graph, networks: list[str], transfers: int = 60, accounts: int = 7) -> None:
    with graph.driver.session() as session:
        session.run(FILL, networks=networks, transfers=transfers, accounts=accounts).consume()


def count(graph: Graph) -> int:
    counts = graph.read("lookups/restore_counts")
    return int(counts["nodes"][0] + counts["relationships"][0])


def test_wipe_removes_one_network_and_nothing_else(run: Run, clean_graph: Graph) -> None:
    fill(clean_graph, ["left"])
    before, size = graph_hash(clean_graph), count(clean_graph)
    fill(clean_graph, ["gone"])
    code, result, _ = run("wipe", "--network", "gone")
    assert code == 0
    # The model with its pointer is shared by both networks.
    assert result["removed"] == size - 1
    assert (result["accounts"], result["transfers"], result["tags"]) == (7, 60, 1)
    assert count(clean_graph) == size
    assert graph_hash(clean_graph) == before
    with clean_graph.driver.session() as session:
        left = session.run("MATCH (n {network: 'gone'}) RETURN count(n) AS n").single()
    assert left is not None
    assert left["n"] == 0


def test_wipe_wants_the_exact_name(run: Run, clean_graph: Graph) -> None:
    fill(clean_graph, ["left", "right"])
    size = count(clean_graph)
    code, result, said = run("wipe", "--network", "Left")
    assert (code, result["error"]["code"]) == (2, "UNKNOWN_NAME")
    assert "Known: left, right" in said
    assert count(clean_graph) == size


def test_wipe_can_be_interrupted_and_run_again(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cypher.wipe.ACCOUNTS", 2)
    monkeypatch.setattr("cypher.wipe.RELATIONSHIPS", 10)
    fill(clean_graph, ["gone"])

    def interrupt(_: int, __: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wipe(clean_graph, "gone", interrupt)
    checkpoint = clean_graph.read("lookups/checkpoint_read", network="gone").row(0, named=True)
    counts = clean_graph.read("lookups/restore_counts").row(0, named=True)
    assert 0 < counts["accounts"] < 7
    assert checkpoint["ledger"] == 9
    assert (checkpoint["accounts"], checkpoint["transfers"]) == (
        counts["accounts"],
        counts["transfers"],
    )
    wipe(clean_graph, "gone")
    assert count(clean_graph) == 1  # the model


def test_dump_and_restore_are_refused_for_a_database_of_ones_own(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "all.dump"
    for name in ("dump", "restore"):
        code, result, said = run(name, file)
        assert (code, result["error"]["code"]) == (2, "BAD_REQUEST")
        assert "LEDGERGRAPH_NEO4J_URI" in said


@pytest.fixture
def embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Run
) -> Iterator[tuple[Run, ServerConfig]]:
    """The command on an embedded server of its own, stopped at the end."""
    home, cache = tmp_path / "home", os.environ.get("LEDGERGRAPH_CACHE") or str(default_cache())
    monkeypatch.delenv("LEDGERGRAPH_NEO4J_URI", raising=False)
    for name, value in {
        "HOME": str(home), "CACHE": cache, "BOLT_PORT": "0", "HTTP_PORT": "0", "HEAP": "600m",
        "PAGECACHE": "128m",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"LEDGERGRAPH_{name}", value)
    config = ServerConfig(home, default_cache(), quiet=True)
    try:
        yield command, config
    finally:
        down(config)


def test_dump_and_restore_bring_back_the_same_graph(
    embedded: tuple[Run, ServerConfig], tmp_path: Path
) -> None:
    run, config = embedded
    file, pack = tmp_path / "all.dump", tmp_path / "pack.txt"
    pack.write_text("".join(f"0x{n:040x}\n" for n in range(50)))

    def connect() -> Graph:
        now = status(config)
        return Graph.connect(now.uri, now.user, now.password_file.read_text())

    def refused(*words: object) -> str:
        code, result, _ = run(*words)
        assert code != 0
        return str(result["error"]["message"])

    assert "no database" in refused("dump", file)
    assert run("tag", "lines", pack, "--create-missing", "--category", "scam")[1]["accounts"] == 50
    with connect() as graph:
        before = graph_hash(graph)

    # A server that was killed leaves work that the dump has to finish first.
    pid = status(config).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    code, saved, _ = run("dump", file)
    assert (code, saved["bytes"]) == (0, file.stat().st_size)
    assert file.stat().st_mode & 0o777 == 0o600
    assert status(config).pid is None
    assert "exists" in refused("dump", file)

    assert "50 accounts" in refused("restore", file)
    broken = tmp_path / "broken.dump"
    broken.write_bytes(file.read_bytes()[: saved["bytes"] // 2])
    assert "no dump" in refused("restore", broken, "--replace")
    with connect() as graph:
        assert graph_hash(graph) == before
        wipe(graph, "ethereum")
        tag(graph, "lines", [pack], TagOptions(network="else", create_missing=True))

    code, result, _ = run("restore", file, "--replace")
    assert (code, result["accounts"], result["bytes"]) == (0, 50, saved["bytes"])
    # 50 accounts with a tag each, and the Checkpoint.
    assert result["removed"] == 151
    with connect() as graph:
        assert graph_hash(graph) == before
    assert not (config.home / "replaced").exists()

    code, again, _ = run("dump", file, "--replace")
    assert code == 0
    assert again["bytes"] > 0
    assert status(config).running, "a server that ran before runs again"
