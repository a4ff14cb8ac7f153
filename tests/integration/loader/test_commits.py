"""Commits whose answer is lost, and loads whose process is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import loader
from cypher.graph import Graph
from loader.hash import graph_hash
from loader.owner import is_gone, this_process
from tests.integration.loader.cutting_proxy import CuttingProxy
from tests.integration.loader.test_kill import ROWS, count, kill_after, write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from api.settings import Settings

WIPE = "MATCH (n) WHERE NOT n:Migration DETACH DELETE n"
CUTS = 10
COUNTED = ("read", "loaded", "duplicate", "rejected", "transfers", "accounts", "assets", "skipped",
           "warnings")  # fmt: skip


def test_lost_answers_to_commits_lose_and_repeat_nothing(
    clean_graph: Graph, password: str, tmp_path: Path
) -> None:
    source = write_ledger(tmp_path)
    options = loader.LoadOptions(dead_letter_dir=tmp_path, batch_rows=ROWS // (CUTS + 20))
    undisturbed = loader.load(clean_graph, "amlsim", [source], options)
    expected = graph_hash(clean_graph)
    with clean_graph.driver.session() as session:
        session.run(WIPE).consume()
    # The first commit records that the load begins; each batch cut is tried again.
    with (
        CuttingProxy(clean_graph.uri, lambda n: n % 2 == 0 and n <= 2 * CUTS) as proxy,
        Graph.connect(proxy.uri, clean_graph.user, password) as graph,
    ):
        report = loader.load(graph, "amlsim", [source], options)
    assert proxy.cuts == CUTS
    for name in COUNTED:
        assert getattr(report, name) == getattr(undisturbed, name), name
    assert count(clean_graph) == undisturbed.transfers
    assert graph_hash(clean_graph) == expected
    checkpoint = clean_graph.read("lookups/checkpoint_read", network="amlsim").row(0, named=True)
    assert checkpoint["transfers"] == undisturbed.transfers
    assert checkpoint["accounts"] == undisturbed.accounts
    with clean_graph.driver.session() as session:
        batch = session.run("MATCH (b:LoadBatch) RETURN b.state, b.transfers, b.accounts").values()
    assert batch == [["completed", undisturbed.transfers, undisturbed.accounts]]


def test_a_load_whose_process_is_gone_has_failed(
    clean_graph: Graph, settings: Settings, tmp_path: Path
) -> None:
    source = write_ledger(tmp_path)
    kill_after(1, clean_graph, settings, source)
    with clean_graph.driver.session() as session:
        session.run(
            "CREATE (:LoadBatch {id: 'mine', network: 'amlsim', state: 'running', owner: $owner}), "
            "(:LoadBatch {id: 'other', network: 'other', state: 'running', owner: 'nobody|1|1'})",
            owner=this_process(),
        ).consume()
        query = "MATCH (b:LoadBatch) RETURN b.state, count(*) ORDER BY b.state"
        assert session.run(query).values() == [["running", 3]]
        loader.load(clean_graph, "amlsim", [source], loader.LoadOptions(dead_letter_dir=tmp_path))
        # Neither this process nor a load of another network is gone.
        assert session.run(query).values() == [["completed", 1], ["failed", 1], ["running", 2]]


def test_a_process_is_known_by_its_start() -> None:
    host, number, started = this_process().split("|")
    assert not is_gone(this_process(), abandoned=True)
    assert is_gone(f"{host}|{number}|{float(started) - 60}", abandoned=False)
    assert is_gone("elsewhere|1|1", abandoned=True)
    assert not is_gone(None, abandoned=False)
