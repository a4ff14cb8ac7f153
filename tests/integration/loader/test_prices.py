"""Price tables in the database: what becomes of every row, and which price counts."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest

from core.errors import FormatError, RejectedRowsError
from cypher import prices
from cypher.wipe import wipe
from loader.hash import graph_hash
from loader.prices import PriceOptions, load

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cypher.graph import Graph

HEADER = "asset,date,price,source"
ASSETS = """
UNWIND [['toy:A', 'toy', 'native', 'A'], ['toy:B', 'toy', 'issued', 'USD'],
        ['toy:USD', 'toy', 'fiat', 'USD'], ['other:A', 'other', 'native', 'A']] AS row
CREATE (:Asset {id: row[0], network: row[1], asset_class: row[2], symbol: row[3]})
"""
NODES = "MATCH (p:Price) RETURN properties(p) AS p ORDER BY p.asset, p.date, p.source"


def nodes(graph: Graph) -> list[dict[str, object]]:
    with graph.driver.session() as session:
        return [dict(found) for found in session.run(NODES).value()]


@pytest.fixture
def assets(clean_graph: Graph) -> Graph:
    """Four assets: two of the network toy without a price of their own, its dollar, another's."""
    with clean_graph.driver.session() as session:
        session.run(ASSETS).consume()
    return clean_graph


def table(folder: Path, rows: Sequence[str], name: str = "p.csv") -> list[Path]:
    file = folder / name
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    return [file]


def days(graph: Graph, network: str, until: datetime | None = None) -> dict[tuple[str, int], float]:
    found = prices.read(graph, network, until).days
    return {(asset, day): price for asset, day, price in found.rows()}


def test_every_row_is_loaded_duplicate_or_unmatched(assets: Graph, tmp_path: Path) -> None:
    before = graph_hash(assets)
    paths = table(
        tmp_path,
        [
            "toy:A,2024-01-31,1.5,x",
            "toy:A,2024-01-31T00:00:00Z,1.50,x",
            'toy:A,2024-02-01,"0",',
            "toy:B,2024-01-31,1e-3,x",
            "toy:USD,2024-01-31,1.01,x",
            "toy:Z,2024-01-31,1,x",
            "other:A,2024-01-31,7,x",
        ],
    )
    report = load(assets, paths)
    assert (report.read, report.loaded, report.duplicate, report.replaced) == (7, 4, 1, 0)
    assert report.unmatched == {"no_asset": 1, "us_dollar": 1}
    assert (report.assets, report.first, report.last) == (3, "2024-01-31", "2024-02-01")
    found = nodes(assets)
    assert [(n["asset"], str(n["date"]), n["price"], n["source"]) for n in found] == [
        ("other:A", "2024-01-31", 7.0, "x"),
        ("toy:A", "2024-01-31", 1.5, "x"),
        ("toy:A", "2024-02-01", 0.0, "p.csv"),
        ("toy:B", "2024-01-31", 0.001, "x"),
    ]
    again = load(assets, paths)
    assert (again.read, again.loaded, again.duplicate, again.unmatched) == (
        7,
        0,
        5,
        report.unmatched,
    )
    assert nodes(assets) == found
    assert graph_hash(assets) == before
    day = (date(2024, 1, 31) - date(1970, 1, 1)).days
    assert days(assets, "toy") == {("toy:A", day): 1.5, ("toy:A", day + 1): 0, ("toy:B", day): 1e-3}
    # Nothing of a day that begins at or after the end.
    assert set(days(assets, "toy", datetime(2024, 2, 1, tzinfo=UTC))) == {
        ("toy:A", day),
        ("toy:B", day),
    }
    assert prices.read(assets, "toy").dollars.to_list() == ["toy:USD"]
    wipe(assets, "toy")
    assert [n["asset"] for n in nodes(assets)] == ["other:A"]


BAD = {
    "toy:A,2024-01-31,1": "cells",
    "toy:A,2024-01-31,1,x,y": "cells",
    ",2024-01-31,1,x": "asset is missing",
    "toy:A,2024-1-31,1,x": "date is not a day",
    "toy:A,2024-02-30,1,x": "date is not a day",
    "toy:A,2024-01-31T12:00:00Z,1,x": "date is not a day",
    "toy:A,2024-01-31,one,x": "price is not a number",
    "toy:A,2024-01-31,,x": "price is not a number",
    "toy:A,2024-01-31,NaN,x": "price is not a number",
    "toy:A,2024-01-31,1e999,x": "price is infinite",
    "toy:A,2024-01-31,-0.01,x": "price is negative",
    "toy:B,2024-03-01,1,x": "another row has another price",
    "toy:B,2024-03-01,2,x": "another row has another price",
}


def test_a_bad_row_stops_the_command_before_it_writes(assets: Graph, tmp_path: Path) -> None:
    paths = table(tmp_path, ["toy:A,2024-01-31,2,x", *BAD, "toy:B,2024-03-01,1,y"])
    options = PriceOptions(dead_letter_dir=tmp_path / "bad")
    with pytest.raises(RejectedRowsError, match=r"13 rows rejected, 0 allowed.*line 3: it has not"):
        load(assets, paths, options)
    assert nodes(assets) == []
    (letters,) = (tmp_path / "bad").glob("rejected-prices-*.jsonl")
    told = [json.loads(line) for line in letters.read_text().splitlines()]
    assert [(entry["line"], entry["row"]) for entry in told] == list(enumerate(BAD, 3))
    for entry, reason in zip(told, BAD.values(), strict=True):
        assert reason in entry["reason"]
    report = load(
        assets, paths, PriceOptions(dead_letter_dir=tmp_path / "more", max_rejects=len(BAD))
    )
    assert (report.read, report.loaded, sum(report.rejected.values())) == (15, 2, 13)
    assert len(nodes(assets)) == 2


def test_another_price_of_one_source_is_altered(assets: Graph, tmp_path: Path) -> None:
    load(assets, table(tmp_path, ["toy:A,2024-01-31,1.5,x"]))
    other = table(tmp_path, ["toy:A,2024-01-31,1.6,x", "toy:A,2024-02-01,3,x"], "other.csv")
    options = PriceOptions(dead_letter_dir=tmp_path)
    with pytest.raises(RejectedRowsError, match=r"line 2: altered: the graph has the price 1\.5"):
        load(assets, other, options)
    assert [n["price"] for n in nodes(assets)] == [1.5]
    report = load(assets, other, PriceOptions(replace=True))
    assert (report.read, report.replaced, report.loaded) == (2, 1, 1)
    assert [n["price"] for n in nodes(assets)] == [1.6, 3.0]


def test_of_several_sources_the_highest_precedence_counts(assets: Graph, tmp_path: Path) -> None:
    day = (date(2024, 1, 31) - date(1970, 1, 1)).days
    rows = [f"toy:A,2024-01-31,{price},{source}" for price, source in ((1, "b"), (2, "a"))]
    load(assets, table(tmp_path, rows))
    assert days(assets, "toy") == {("toy:A", day): 2.0}
    load(assets, table(tmp_path, rows[:1]), PriceOptions(precedence=1))
    assert days(assets, "toy") == {("toy:A", day): 1.0}


def test_parquet_is_the_same_table(assets: Graph, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "price": [0.1, -1.0],
            "asset": ["toy:A", "toy:B"],
            "date": [date(2024, 1, 31), date(2024, 2, 1)],
        }
    )
    frame.write_parquet(tmp_path / "p.parquet")
    options = PriceOptions(source="me", max_rejects=1, dead_letter_dir=tmp_path)
    report = load(assets, [tmp_path / "p.parquet"], options)
    assert (report.read, report.loaded, report.rejected) == (2, 1, {"price is negative": 1})
    assert report.dead_letter is not None
    assert json.loads(report.dead_letter.read_text())["line"] == 2
    (node,) = nodes(assets)
    assert (node["price"], node["source"], node["precedence"]) == (0.1, "me", 0)


@pytest.mark.parametrize("header", ["asset,date", "asset,date,price,price", "asset,date,price,x"])
def test_a_table_with_other_columns_is_refused(header: str, tmp_path: Path, graph: Graph) -> None:
    (tmp_path / "p.csv").write_text(f"{header}\n1,2,3,4\n")
    with pytest.raises(FormatError, match="its columns are asset"):
        load(graph, [tmp_path / "p.csv"])
