"""Ethereum ledgers in a real database: exact sums, repetition, order, notations, damage."""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, Any

import pytest

import loader
from loader.hash import graph_hash
from tests.unit.loader import ethereum_oracle as oracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cypher.graph import Graph

EDGES = """
MATCH (s:Account)-[r:TRANSFER]->(t:Account)
RETURN r.id, s.id, t.id, r.asset, r.amount_base, r.ts / 1000, r.kind
"""
ETL = [f"ethereum-etl/17173049_{part}.json" for part in ("transactions", "logs", "blocks")]
TOKENS = 'token_address,symbol,decimals\n0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2,"WETH",18\n'


@pytest.fixture
def ethereum(shared_data: Path) -> Path:
    return shared_data / "ethereum"


@pytest.fixture
def load(clean_graph: Graph, tmp_path: Path) -> Callable[..., loader.LoadReport]:
    def loaded(name: str, *paths: Path, **options: Any) -> loader.LoadReport:
        chosen = {"dead_letter_dir": tmp_path / "rejected", **options}
        return loader.load(clean_graph, name, list(paths), loader.LoadOptions(**chosen))

    return loaded


def edges(graph: Graph) -> list[oracle.Edge]:
    with graph.driver.session() as session:
        rows = session.run(EDGES).values()
    return [(*row[:4], int(row[4]), *row[5:]) for row in rows]


def test_faironchain_sums_are_exact(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], ethereum: Path
) -> None:
    folder = ethereum / "faironchain"
    blocks, transfers = sorted(folder.glob("ethereum__*.csv"))
    answer = oracle.Answer()
    oracle.faironchain(answer, oracle.table(blocks), oracle.table(transfers))
    report = load("faironchain", folder)
    assert (report.read, report.loaded, report.skipped) == (2443, 158, {"zero_amount": 2285})
    assert (report.rejected, report.warnings) == (0, {"success_unknown": 158})
    assert oracle.sums(edges(clean_graph)) == oracle.sums(answer.edges)
    first = graph_hash(clean_graph)
    again = load("faironchain", folder)
    assert (again.loaded, again.duplicate, again.transfers, again.accounts) == (0, 158, 0, 0)
    assert graph_hash(clean_graph) == first


def test_two_blocks_agree_with_the_oracle_and_load_once(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], ethereum: Path, tmp_path: Path
) -> None:
    answer = oracle.Answer()
    readers = (oracle.transactions, oracle.logs, oracle.withdrawals)
    for read, name in zip(readers, ETL, strict=True):
        read(answer, oracle.lines(ethereum / name))
    (tmp_path / "tokens.csv").write_text(TOKENS)
    paths = [*(ethereum / name for name in ETL), tmp_path / "tokens.csv"]
    report = load("ethereum_etl", *paths)
    moved = answer.outcomes.pop("moved")
    assert (report.read, report.loaded, report.transfers) == (1011, moved, moved)
    assert report.skipped == dict(answer.outcomes)
    assert sorted(edges(clean_graph)) == sorted(answer.edges)
    assert report.fees_base == str(answer.fees)
    first = graph_hash(clean_graph)
    again = load("ethereum_etl", *reversed(paths))
    assert (again.duplicate, again.transfers, again.accounts) == (moved, 0, 0)
    assert graph_hash(clean_graph) == first


def test_facts_of_accounts_and_assets(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], ethereum: Path, tmp_path: Path
) -> None:
    (tmp_path / "tokens.csv").write_text(TOKENS)
    load("ethereum_etl", *(ethereum / name for name in ETL), tmp_path / "tokens.csv")
    with clean_graph.driver.session() as session:
        payer = session.run("MATCH (a:Account {kind: 'pseudo'}) RETURN a.id, a.is_infra").values()
        known = session.run(
            "MATCH (a:Asset) WHERE a.decimals IS NOT NULL RETURN a.id, a.symbol, a.decimals"
        ).values()
        unpriced = session.run(
            "MATCH ()-[r:TRANSFER]->() WHERE (r.amount IS NULL) = EXISTS { "
            "MATCH (a:Asset {id: r.asset}) WHERE a.decimals IS NOT NULL } RETURN count(*)"
        ).single(strict=True)
        numbered = session.run(
            "MATCH ()-[r:TRANSFER]->() WHERE r.token_id IS NOT NULL RETURN DISTINCT r.kind"
        ).values()
    assert payer == [["ethereum:beacon_withdrawals", True]]
    assert sorted(known) == [
        ["ethereum:0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", "WETH", 18],
        ["ethereum:native", "ETH", 18],
    ]
    assert unpriced[0] == 0
    assert numbered == [["nft"]]


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_and_cut_files_give_the_same_graph(
    seed: int,
    clean_graph: Graph,
    load: Callable[..., loader.LoadReport],
    ethereum: Path,
    tmp_path: Path,
) -> None:
    load("ethereum_etl", *(ethereum / name for name in ETL), batch_rows=100)
    expected = graph_hash(clean_graph)
    with clean_graph.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Migration DETACH DELETE n").consume()
    chance = random.Random(seed)  # noqa: S311 - order, not secrets
    for name in chance.sample(ETL, len(ETL)):
        lines = (ethereum / name).read_text().splitlines()
        lines = chance.sample(lines, len(lines))
        cut = chance.randrange(1, len(lines))
        for part, some in enumerate((lines[:cut], lines[cut // 2 :])):
            path = tmp_path / f"{part}_{name.rpartition('/')[2]}"
            path.write_text("\n".join(some))
            load("ethereum_etl", path, batch_rows=chance.choice([7, 100, 10_000]))
    assert graph_hash(clean_graph) == expected


def test_a_table_and_its_lines_are_the_same_transactions(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], ethereum: Path, tmp_path: Path
) -> None:
    """Without receipts the failed ones count too; the others are there already."""
    load("ethereum_etl", ethereum / ETL[0])
    before = graph_hash(clean_graph)
    report = load("ethereum_etl", ethereum / "ethereum-etl" / "withdrawals_transactions.csv")
    assert (report.read, report.skipped) == (298, {"zero_amount": 163})
    assert (report.duplicate, report.loaded) == (127, 8)
    assert report.warnings == {"success_unknown": 8}
    assert graph_hash(clean_graph) != before
    records = oracle.lines(ethereum / ETL[0])
    path = tmp_path / "transactions.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    again = load("ethereum_etl", path)
    assert (again.duplicate, again.loaded, again.skipped["failed_transaction"]) == (127, 0, 9)


def test_an_altered_row_is_refused(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], ethereum: Path, tmp_path: Path
) -> None:
    load("ethereum_etl", ethereum / ETL[0])
    before = graph_hash(clean_graph)
    path = tmp_path / "transactions.json"
    text = (ethereum / ETL[0]).read_text()
    path.write_text(text.replace('"value": 7400000000000000000', '"value": 7400000000000000001', 1))
    report = load("ethereum_etl", path, max_rejects=1)
    assert report.rejected_by_reason == {"altered": 1}
    assert report.transfers == 0
    assert graph_hash(clean_graph) == before
