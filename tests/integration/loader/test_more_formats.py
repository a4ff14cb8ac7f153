"""Horizon, AMLworld, Elliptic and Parquet in a real database: second sources, repetition, order."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import loader
from loader.hash import graph_hash
from tests.unit.loader.chains.test_elliptic import plain, write
from tests.unit.loader.test_amlworld import HEADER
from tests.unit.loader.test_stellar_horizon import effect, lines, operation, page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cypher.graph import Graph

    Load = Callable[..., loader.LoadReport]
PARTS = ("ops", "txs", "effects")


@pytest.fixture
def load(clean_graph: Graph, tmp_path: Path) -> Load:
    def loaded(name: str, *paths: Path, **options: Any) -> loader.LoadReport:
        chosen = {"dead_letter_dir": tmp_path / "rejected", **options}
        return loader.load(clean_graph, name, list(paths), loader.LoadOptions(**chosen))

    return loaded


@pytest.fixture
def pages(shared_data: Path, tmp_path: Path) -> dict[str, Path]:
    """Ten ledgers as Horizon would give them: pages of operations, and one of effects."""
    folder = shared_data / "stellar"
    transactions = {row["id"]: row for row in lines(folder / "10_ledgers_txs.golden")}
    rows = [operation(row, transactions) for row in lines(folder / "10_ledgers_ops.golden")]
    operations, effects = tmp_path / "operations", tmp_path / "effects.json"
    operations.mkdir()
    for start in range(0, len(rows), 200):
        (operations / f"{start}.json").write_text(page(rows[start : start + 200]))
    effects.write_text(page([effect(row) for row in lines(folder / "10_ledgers_effects.golden")]))
    return {"operations": operations, "effects": effects}


def golden(shared_data: Path) -> list[Path]:
    return [shared_data / "stellar" / f"10_ledgers_{part}.golden" for part in PARTS]


def empty(graph: Graph) -> None:
    with graph.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Migration DETACH DELETE n").consume()


def test_the_second_source_of_a_ledger_adds_nothing(
    clean_graph: Graph, load: Load, pages: dict[str, Path], shared_data: Path
) -> None:
    first = load("stellar_etl", *golden(shared_data))
    expected = graph_hash(clean_graph)
    again = load("stellar_horizon", *pages.values())
    assert (again.read, again.duplicate, again.transfers) == (first.read, first.loaded, 0)
    assert graph_hash(clean_graph) == expected
    empty(clean_graph)
    assert load("stellar_horizon", *pages.values()).transfers == first.transfers
    assert load("stellar_etl", *golden(shared_data)).transfers == 0
    assert graph_hash(clean_graph) == expected


def test_deliveries_without_legs_are_replaced_by_a_source_with_legs(
    clean_graph: Graph, load: Load, pages: dict[str, Path], shared_data: Path
) -> None:
    load("stellar_etl", *golden(shared_data))
    expected = graph_hash(clean_graph)
    empty(clean_graph)
    missing = load("stellar_horizon", pages["operations"]).warnings["legs_missing"]
    report = load("stellar_etl", *golden(shared_data))
    assert missing
    assert report.warnings["repaired"] == missing
    assert graph_hash(clean_graph) == expected
    later = load("stellar_horizon", pages["operations"])
    assert (later.loaded, later.transfers, later.rejected) == (0, 0, 0)
    assert graph_hash(clean_graph) == expected


def test_edges_of_unknown_amount_are_stored_as_such(
    clean_graph: Graph, load: Load, tmp_path: Path
) -> None:
    folder = write(tmp_path / "elliptic", plain())
    report = load("elliptic", folder)
    assert (report.read, report.loaded, report.accounts) == (29, 29, 30)
    with clean_graph.driver.session() as session:
        facts = session.run(
            "MATCH (a:Account)-[r:TRANSFER]->() RETURN DISTINCT a.kind, r.amount_base, r.amount, "
            "r.asset IS NULL, 'amount_unknown' IN r.flags"
        ).values()
    assert facts == [["transaction", "0", None, True, True]]
    before = graph_hash(clean_graph)
    again = load("elliptic", folder)
    assert (again.duplicate, again.transfers, again.accounts) == (29, 0, 0)
    assert graph_hash(clean_graph) == before


def test_a_shuffled_amlworld_is_the_same_and_keeps_equal_rows(
    clean_graph: Graph, load: Load, tmp_path: Path
) -> None:
    chance = random.Random(1)  # noqa: S311 - order, not secrets
    rows = [
        f"2022/09/01 00:{n % 7:02d},0{n % 3},A{n % 4},1,B{n % 2},{n % 5 + 1}.00,Euro,"
        f"{n % 5 + 1}.00,Euro,Wire,0"
        for n in range(300)
    ]
    path = tmp_path / "t.csv"
    hashes = set()
    for _ in range(3):
        empty(clean_graph)
        path.write_text("\n".join([HEADER, *chance.sample(rows, len(rows))]))
        assert load("amlworld", path).loaded == 300
        assert load("amlworld", path).duplicate == 300
        hashes.add(graph_hash(clean_graph))
    assert len(hashes) == 1


def test_parquet_and_csv_of_one_table_are_two_sources_of_it(
    clean_graph: Graph, load: Load, tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.yaml"
    facts = {
        "network": "toy", "from": {"column": "src"}, "to": {"column": "dst"},
        "amount": {"column": "amt", "unit": "base", "decimals": 18},
        "asset": {"constant": "toy:COIN"}, "time": {"column": "ts", "format": "epoch_s"},
    }  # fmt: skip
    mapping.write_text(json.dumps(facts))
    big = [2**53 + 1, 2**63 + 1, 2**127 - 1]
    frame = pl.DataFrame(
        {"src": ["a", "b", "c"], "dst": ["b", "c", "a"], "ts": [1, 2, 3]}
    ).with_columns(amt=pl.Series(big, dtype=pl.Int128))
    frame.write_parquet(tmp_path / "table.parquet")
    frame.with_columns(pl.col("amt").cast(pl.String)).write_csv(tmp_path / "table.csv")
    assert load("parquet", tmp_path / "table.parquet", mapping=mapping).loaded == 3
    again = load("csv", tmp_path / "table.csv", mapping=mapping)
    assert (again.duplicate, again.transfers) == (3, 0)
    with clean_graph.driver.session() as session:
        stored = session.run("MATCH ()-[r:TRANSFER]->() RETURN r.amount_base ORDER BY r.ts")
        assert [int(row[0]) for row in stored] == big
