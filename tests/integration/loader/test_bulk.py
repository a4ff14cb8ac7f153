"""The offline load on an embedded server of its own: the graph that streaming makes, or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import loader
from core.errors import RejectedRowsError, StartError, StateError, UsageError
from core.server import ServerConfig, status
from core.server.replacement import import_store, replace_store
from loader.hash import graph_hash
from tests.integration.loader.conftest import HEADER, MAPPING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cypher.graph import Graph

    Snapshot = dict[tuple[str, ...], dict[str, Any]]

WIPE = "MATCH (n) WHERE NOT n:Migration CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 20000 ROWS"
NODES = (
    "MATCH (n) WHERE n:Account OR n:Asset OR n:Checkpoint OR n:ApiKey "
    "RETURN [labels(n)[0], coalesce(n.id, n.network)], properties(n)"
)
TRANSFERS = "MATCH (a)-[r:TRANSFER]->(b) RETURN [r.id, a.id, b.id], properties(r)"

NODE_ROWS = ["nodeid,isFraud,init_balance,fraudStep", "1,0,10.5,-1", "2,1,3,4", "3,0,0,-1"]
STEP_ROWS = ["sourceNodeId,targetNodeId,value,time", "1,2,5.25,1", "1,2,5.25,1", "2,2,1.00,3"]
PHISHING = Path(__file__).resolve().parents[2] / "cases/formats/csv/phishing_accounts.yaml"


@pytest.fixture
def empty(server: Graph) -> Graph:
    with server.driver.session() as session:
        session.run(WIPE).consume()
    return server


@pytest.fixture
def toy(tmp_path: Path) -> Callable[..., tuple[list[Path], Path]]:
    """Writes rows of the small table; gives the files and their mapping."""
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING)

    def write(*rows: str) -> tuple[list[Path], Path]:
        path = tmp_path / "rows.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        return [path], mapping

    return write


def snapshot(graph: Graph) -> tuple[Snapshot, Snapshot]:
    """Every node and transfer with all its properties; who wrote the Checkpoint does not matter."""
    with graph.driver.session() as session:
        nodes, transfers = (
            {tuple(key): properties for key, properties in session.run(query).values()}
            for query in (NODES, TRANSFERS)
        )
    for properties in nodes.values():
        properties.pop("writer", None)
    return nodes, transfers


def compare_modes(
    graph: Graph, config: ServerConfig, name: str, paths: list[Path], **options: Any
) -> None:
    streamed = loader.load(graph, name, paths, loader.LoadOptions(**options))
    hashed, content = graph_hash(graph), snapshot(graph)
    with graph.driver.session() as session:
        session.run(WIPE).consume()
        session.run("CREATE (:ApiKey {id: 'k', hash: 'h', created: datetime()})").consume()
    chosen = loader.LoadOptions(**options, mode="bulk")
    report = loader.load(graph, name, paths, chosen, server=config)

    for field in ("read", "loaded", "duplicate", "skipped", "rejected", "transfers", "accounts"):
        assert getattr(report, field) == getattr(streamed, field), field
    assert (report.warnings, report.assets) == (streamed.warnings, streamed.assets)
    assert graph_hash(graph) == hashed
    nodes, transfers = snapshot(graph)
    assert nodes.pop(("ApiKey", "k"))["hash"] == "h"
    assert nodes == content[0]
    assert transfers == content[1]
    with graph.driver.session() as session:
        record = session.run("MATCH (b:LoadBatch) RETURN b.state, b.transfers, b.loaded").values()
        assert record == [["completed", report.transfers, report.loaded]]
        failed = "SHOW INDEXES YIELD name, state WHERE state <> 'ONLINE' RETURN name"
        assert session.run(failed).values() == []

    again = loader.load(graph, name, paths, loader.LoadOptions(**options))
    assert (again.loaded, again.transfers, again.accounts) == (0, 0, 0)
    assert again.duplicate == report.loaded + report.duplicate


def test_amlsim_with_equal_rows_and_an_account_without_transfer(
    empty: Graph, config: ServerConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "nodes.csv").write_text("\n".join(NODE_ROWS) + "\n")
    (folder / "transactions.csv").write_text("\n".join(STEP_ROWS) + "\n")
    compare_modes(empty, config, "amlsim", [folder])


def test_stellar_legs_fees_and_memos(empty: Graph, config: ServerConfig, shared_data: Path) -> None:
    compare_modes(empty, config, "stellar_etl", [shared_data / "stellar"], fees="edges")


def test_blocks_are_remembered(empty: Graph, config: ServerConfig, shared_data: Path) -> None:
    folder = shared_data / "ethereum" / "ethereum-etl"
    names = ("blocks", "logs", "transactions")
    compare_modes(
        empty, config, "ethereum_etl", [folder / f"17173049_{name}.json" for name in names]
    )
    kept = empty.read("lookups/checkpoint_read", network="ethereum")["recent_blocks"][0]
    assert [block.partition(":")[0] for block in kept] == ["17173049", "17173050"]


def test_account_histories_with_a_mapping(
    empty: Graph, config: ServerConfig, shared_data: Path
) -> None:
    path = shared_data / "ethereum" / "phishing_accounts_transactions.csv.gz"
    compare_modes(empty, config, "csv", [path], mapping=PHISHING)


def test_a_full_database_is_replaced_only_when_asked(
    empty: Graph, config: ServerConfig, toy: Callable[..., tuple[list[Path], Path]]
) -> None:
    paths, mapping = toy("t1,1,0,a,b,1.00,100", "t2,1,1,b,c,1.00,100")
    first = loader.load(empty, "csv", paths, loader.LoadOptions(mapping=mapping, network="old"))
    before, pid = graph_hash(empty), status(config).pid
    bulk = loader.LoadOptions(mapping=mapping, mode="bulk")
    with pytest.raises(StateError, match="3 accounts and 2 transfers of old; 1 Asset"):
        loader.load(empty, "csv", paths, bulk, server=config)
    assert (graph_hash(empty), status(config).pid) == (before, pid)

    # Small input: auto streams, whatever the database holds.
    auto = loader.LoadOptions(mapping=mapping, mode="auto")
    assert loader.load(empty, "csv", paths, auto, server=config).mode == "stream"

    replace = loader.LoadOptions(mapping=mapping, mode="bulk", replace=True)
    report = loader.load(empty, "csv", paths, replace, server=config)
    assert (report.mode, report.transfers, report.accounts) == ("bulk", 2, 3)
    assert set(report.phases) == {"prepare", "stop", "import", "start"}
    assert empty.read("lookups/wipe_networks")["network"].to_list() == ["toy"]
    assert first.batch != report.batch
    assert not (config.home / "replaced").exists()


def test_rejected_rows_leave_the_server_alone(
    empty: Graph,
    config: ServerConfig,
    toy: Callable[..., tuple[list[Path], Path]],
    tmp_path: Path,
) -> None:
    paths, mapping = toy("t1,1,0,a,b,1.00,100", "t1,1,0,a,b,2.00,100", "t2,2,0,b,c,1.00,112")
    pid = status(config).pid
    options = {"mapping": mapping, "mode": "bulk", "dead_letter_dir": tmp_path / "rejected"}
    with pytest.raises(RejectedRowsError, match="altered"):
        loader.load(empty, "csv", paths, loader.LoadOptions(**options), server=config)  # type: ignore[arg-type]
    assert status(config).pid == pid
    with empty.driver.session() as session:
        record = session.run("MATCH (b:LoadBatch) RETURN b.state, b.loaded").values()
    assert record == [["failed", 0]]
    chosen = loader.LoadOptions(**options, max_rejects=1)  # type: ignore[arg-type]
    report = loader.load(empty, "csv", paths, chosen, server=config)
    assert (report.read, report.loaded, report.rejected) == (3, 2, 1)
    with empty.driver.session() as session:
        # The record of the load that failed was carried over.
        assert session.run("MATCH (b:LoadBatch) RETURN count(b)").single(strict=True)[0] == 2


def test_a_failed_import_or_check_leaves_the_old_store(
    empty: Graph,
    config: ServerConfig,
    toy: Callable[..., tuple[list[Path], Path]],
    tmp_path: Path,
) -> None:
    paths, mapping = toy("t1,1,0,a,b,1.00,100")
    loader.load(empty, "csv", paths, loader.LoadOptions(mapping=mapping))
    before = graph_hash(empty)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(StartError, match="broken"):
        replace_store(
            config, lambda: import_store(config, [("Account", broken)], []), lambda _: None
        )
    assert status(config).running
    assert graph_hash(empty) == before

    def refuse(_: object) -> None:
        with empty.driver.session() as session:
            assert session.run("MATCH (n) RETURN count(n)").single(strict=True)[0] == 0
        raise StateError("not this one")

    with pytest.raises(StateError, match="not this one"):
        replace_store(config, lambda: None, refuse)
    assert graph_hash(empty) == before
    assert not (config.home / "replaced").exists()


def test_a_database_of_ones_own_is_not_touched(
    empty: Graph, toy: Callable[..., tuple[list[Path], Path]]
) -> None:
    paths, mapping = toy("t1,1,0,a,b,1.00,100")
    with pytest.raises(UsageError, match="LEDGERGRAPH_NEO4J_URI"):
        loader.load(empty, "csv", paths, loader.LoadOptions(mapping=mapping, mode="bulk"))
