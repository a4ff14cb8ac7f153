"""The columnar reading of a ledger: order, range, what stays out, one ledger larger than a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.times import parse_instant
from cypher import ledger
from cypher.reading import Reading
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    import pytest

    from cypher.graph import Graph

LINES = [
    "b a 2 2d ord=1",
    "a b 1 2d ord=0",
    "c c ? 3d asset=gold flags=order_unknown",
    "a c 9 4d kind=fee",
    "a c 9 4d ledger=-1",
]


def test_a_ledger_as_columns(clean_graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PAGE", 1)
    write_ledger(clean_graph, LINES)
    write_ledger(clean_graph, ["a b 7 1d"], network="other")
    found = ledger.read(clean_graph, "case", base=True)
    assert found.accounts["account"].to_list() == ["case:a", "case:b", "case:c"]
    columns = ("source", "target", "amount_base", "amount", "asset", "unordered")
    assert found.transfers.select(columns).rows() == [
        (0, 1, "1", 1.0, "case:coin", False),
        (1, 0, "2", 2.0, "case:coin", False),
        (2, 2, "?", None, "case:gold", True),
    ]
    part = ledger.read(clean_graph, "case", since=parse_instant("2024-01-04"))
    assert part.transfers["asset"].to_list() == ["case:gold"]
    assert part.transfers["amount_base"].to_list() == [None]
    assert ledger.read(clean_graph, "case", asset="case:none").transfers.is_empty()


def test_a_reading_holds_the_part_that_was_read_last(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LINES)
    reading = Reading(clean_graph)
    first = reading.ledger("case")
    write_ledger(clean_graph, ["a b 7 8d"])
    assert reading.ledger("case") is first
    exact = reading.ledger("case", base=True)
    assert exact.transfers["amount_base"].to_list() == ["1", "2", "?", "7"]
    assert reading.ledger("case") is exact
    later = reading.ledger("case", since=parse_instant("2024-01-09"))
    assert later.transfers["amount_base"].to_list() == [None]
    assert reading.ledger("case").transfers.height == 4
    shared = Reading(clean_graph, base=True)
    assert shared.ledger("case") is shared.ledger("case", base=True)
