"""Verification: silent on what was loaded, and every corruption of the graph is named."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

import loader
from loader.hash import graph_hash
from loader.verify import verify
from tests.integration.loader.conftest import HEADER, MAPPING

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph
    from loader.verify_report import VerifyReport

CORRUPTIONS = {
    "delete": "MATCH ()-[r:TRANSFER {id: $id}]->() DELETE r",
    "amount": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.amount_base = r.amount_base + '0'",
    "amount_float": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.amount = r.amount * 2",
    "amount_lost": "MATCH ()-[r:TRANSFER {id: $id}]->() REMOVE r.amount",
    "amount_type": "MATCH ()-[r:TRANSFER {id: $id}]->() "
    "SET r.amount_base = toInteger(r.amount_base)",
    "asset": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.asset = 'toy:USD'",
    "ts": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.ts = r.ts + 1",
    "timestamp": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.timestamp = datetime('2020-01-01')",
    "ledger": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.ledger = r.ledger + 1",
    "ledger_beyond": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.ledger = 1000000",
    "ord": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.ord = r.ord + 1",
    "kind": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.kind = 'fee'",
    "flag": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.flags = coalesce(r.flags, []) + 'change'",
    "flags_lost": "MATCH ()-[r:TRANSFER {id: $selves}]->() REMOVE r.flags",
    "tx_id": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.tx_id = 'other'",
    "extra": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.memo = 'other'",
    "extra_lost": "MATCH ()-[r:TRANSFER {id: $id}]->() REMOVE r.memo",
    "added_property": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.fraud = true",
    "id": "MATCH ()-[r:TRANSFER {id: $id}]->() SET r.id = r.id + 'x'",
    "target": "MATCH (a)-[r:TRANSFER {id: $id}]->(b) MATCH (c:Account) WHERE c <> a AND c <> b "
    "WITH a, r, c ORDER BY c.id LIMIT 1 "
    "CREATE (a)-[n:TRANSFER]->(c) SET n = properties(r) DELETE r",
    "turned": "MATCH (a)-[r:TRANSFER {id: $id}]->(b) WHERE a <> b "
    "CREATE (b)-[n:TRANSFER]->(a) SET n = properties(r) DELETE r",
    "copy": "MATCH (a)-[r:TRANSFER {id: $id}]->(b) CREATE (a)-[n:TRANSFER]->(b) "
    "SET n = properties(r)",
    "add": "MATCH (a)-[r:TRANSFER {id: $id}]->(b) CREATE (a)-[n:TRANSFER]->(b) "
    "SET n = properties(r), n.id = 'toy:5:new'",
    "add_before": "MATCH (a)-[r:TRANSFER {id: $id}]->(b) CREATE (a)-[n:TRANSFER]->(b) "
    "SET n = properties(r), n.id = 'toy:0:new', n.ledger = 0",
    "add_after": "MATCH (a)-[r:TRANSFER {id: $id}]->(b) CREATE (a)-[n:TRANSFER]->(b) "
    "SET n = properties(r), n.id = 'toy:999:new', n.ledger = 999",
    "account": "MATCH (a:Account {id: $account}) DETACH DELETE a",
    "account_added": "CREATE (:Account {id: 'toy:new', network: 'toy', address: 'new'})",
    "account_kind": "MATCH (a:Account {id: $account}) SET a.kind = 'contract'",
    "account_address": "MATCH (a:Account {id: $account}) SET a.address = 'other'",
    "account_network": "MATCH (a:Account {id: $account}) SET a.network = 'other'",
    "first_seen": "MATCH (a:Account {id: $account}) SET a.first_seen = a.first_seen - 1",
    "last_seen": "MATCH (a:Account {id: $account}) REMOVE a.last_seen",
    "asset_lost": "MATCH (a:Asset) DETACH DELETE a",
    "decimals": "MATCH (a:Asset) SET a.decimals = 3",
}
HASHED = ("delete", "amount", "amount_type", "asset", "ts", "kind", "id", "target", "turned",
          "copy", "add", "add_after", "ledger_beyond", "account")  # fmt: skip
"""Those that change the hash of a partition."""
COUNT = "MATCH (n) RETURN labels(n), count(n) ORDER BY labels(n)"


def ledger(seed: int) -> list[str]:
    """Some hundred transfers in two hundred ledgers; every tenth is to oneself."""
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    rows = []
    for number in range(400):
        block = 1 + number // 2
        source = chance.randrange(40)
        target = source if number % 10 == 0 else (source + 1 + chance.randrange(38)) % 40
        amount = f"{chance.randrange(1, 10**6)}.{chance.randrange(100):02}"
        rows.append(
            f"t{number},{block},{number % 2},a{source},a{target},{amount},{block * 5},m{number}"
        )
    return rows


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The ledger and its mapping."""
    mapping, path = tmp_path / "mapping.yaml", tmp_path / "rows.csv"
    mapping.write_text(MAPPING + "keep: [memo]\n")
    path.write_text("\n".join([f"{HEADER},memo", *ledger(7)]) + "\n")
    return path, mapping


def run(graph: Graph, statement: str, **parameters: object) -> list[list[object]]:
    with graph.driver.session() as session:
        return session.run(statement, parameters).values()


def wipe(graph: Graph) -> None:
    run(graph, "MATCH (n) WHERE NOT n:Migration DETACH DELETE n")


def check(graph: Graph, files: tuple[Path, Path]) -> VerifyReport:
    return verify(graph, "csv", [files[0]], loader.LoadOptions(mapping=files[1]))


def put(graph: Graph, files: tuple[Path, Path]) -> None:
    loader.load(graph, "csv", [files[0]], loader.LoadOptions(mapping=files[1]))


@pytest.mark.parametrize("seed", range(5))
def test_each_of_fifty_corruptions_is_found(
    clean_graph: Graph, files: tuple[Path, Path], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    names = sorted(CORRUPTIONS) if seed == 0 else chance.sample(sorted(CORRUPTIONS), 4)
    transfers = [line.split(",") for line in ledger(7)]
    put(clean_graph, files)
    before, nodes = graph_hash(clean_graph), run(clean_graph, COUNT)
    assert check(clean_graph, files).ok
    assert (graph_hash(clean_graph), run(clean_graph, COUNT)) == (before, nodes), "it only reads"
    for name in names:
        tx, block, _, source, *_ = chance.choice([t for t in transfers if t[3] != t[4]])
        own = chance.choice([t for t in transfers if t[3] == t[4]])
        facts = {"id": f"toy:{block}:{tx}", "account": f"toy:{source}"}
        facts["selves"] = f"toy:{own[1]}:{own[0]}"
        run(clean_graph, CORRUPTIONS[name], **facts)
        report = check(clean_graph, files)
        assert not report.ok, name
        told = {str(thing["id"]) for things in report.details.values() for thing in things}
        affected = {*facts.values(), "toy:5:new", "toy:0:new", "toy:999:new", "toy:new", "toy:EUR"}
        assert told & affected, (name, report.details)
        if name in HASHED:
            assert any(each.source != each.graph for each in report.partitions), name
        wipe(clean_graph)
        put(clean_graph, files)


def test_what_differs_is_told_with_both_values(
    clean_graph: Graph, files: tuple[Path, Path]
) -> None:
    put(clean_graph, files)
    run(clean_graph, CORRUPTIONS["asset"], id="toy:1:t0")
    report = check(clean_graph, files)
    assert (report.missing, report.altered, report.unexpected) == (0, 1, 0)
    assert report.details["altered"] == [
        {
            "what": "transfer",
            "id": "toy:1:t0",
            "differs": {"asset": {"source": "toy:EUR", "graph": "toy:USD"}},
        }
    ]
    (partition,) = report.partitions
    assert partition.source.transfers == partition.graph.transfers == 400
    assert set(partition.graph.sums) == {"toy:EUR", "toy:USD"}
    assert partition.source.hash != partition.graph.hash


def test_lists_end_at_a_hundred(clean_graph: Graph, files: tuple[Path, Path]) -> None:
    report = check(clean_graph, files)
    # 400 transfers, 40 accounts, one asset.
    assert (report.missing, len(report.details["missing"])) == (441, 100)


def test_a_source_is_not_held_against_another(
    clean_graph: Graph, files: tuple[Path, Path], tmp_path: Path
) -> None:
    rows = ledger(7)
    cuts = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for path, part in zip(cuts, (rows[:200], rows[200:]), strict=True):
        path.write_text("\n".join([f"{HEADER},memo", *part]) + "\n")
        put(clean_graph, (path, files[1]))
    for path in cuts:
        report = check(clean_graph, (path, files[1]))
        assert (report.ok, report.elsewhere) == (True, 200), report.details
    both = verify(clean_graph, "csv", cuts, loader.LoadOptions(mapping=files[1]))
    assert (both.ok, both.elsewhere) == (True, 0)


def test_real_ledgers_verify(clean_graph: Graph, shared_data: Path) -> None:
    stellar, options = [shared_data / "stellar"], loader.LoadOptions(fees="edges")
    loader.load(clean_graph, "stellar_etl", stellar, options)
    report = verify(clean_graph, "stellar_etl", stellar, options)
    assert report.ok, report.details
    without = verify(clean_graph, "stellar_etl", stellar, loader.LoadOptions())
    assert (without.missing, without.altered) == (0, without.altered)
    assert without.unexpected > 0

    cycles = [shared_data / "amlsim" / "20K_cycle200.tgz"]
    loader.load(clean_graph, "amlsim", cycles)
    report = verify(clean_graph, "amlsim", cycles)
    assert report.ok, report.details
    assert report.partitions[0].graph.transfers > 0
