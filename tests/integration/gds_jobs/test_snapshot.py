"""A window's counts by hand, and every finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import NotFoundError, UsageError
from core.times import parse_duration, parse_instant
from gds_jobs.job import RunSpec
from gds_jobs.snapshot import take
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

LINES = [
    "a b 1 1h",
    "b a 1 2h",
    "a b 1 3h",
    "c c 1 4h flags=order_unknown",
    "a c ? 5h",
    "a b 1 90h",
    "d e 1 10d",
    "a b 9 5h kind=fee",
]


def test_a_window_by_hand(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LINES)
    taken = take(clean_graph, RunSpec(as_of=parse_instant("2024-01-05")))
    assert (taken.network, taken.accounts, taken.transfers, taken.pairs) == ("case", 3, 6, 3)
    assert taken.density == pytest.approx(3 / 6)
    assert (taken.ledgers, taken.since) == (6, None)
    assert (taken.first_ledger, taken.last_ledger) == (3_600, 324_000)
    assert taken.first == parse_instant("2024-01-01T01:00")
    assert taken.last == parse_instant("2024-01-04T18:00")
    found = {finding.check: finding.count for finding in taken.findings}
    assert found == {
        "isolated accounts": 2,
        "self-transfers": 1,
        "amount unknown": 1,
        "order unknown": 1,
        "gaps between ledgers": 1,
    }
    assert "2024-01-01 05:00 for 85.0 h (ledger 18000 to 324000)" in taken.findings[-1].detail
    assert {finding.severity for finding in taken.findings} == {"note"}


def test_what_must_not_be_there_is_an_error(clean_graph: Graph) -> None:
    write_ledger(clean_graph, ["a b 1 2h ledger=1 id=x", "a b 1 1h ledger=2", "b a 1 2h ledger=1"])
    with clean_graph.driver.session() as session:
        session.run(
            "MATCH (a)-[t:TRANSFER {id: 'case:1:x'}]->(b) CREATE (b)-[u:TRANSFER]->(a) SET u = t"
        ).consume()
    errors = {f.check: f.count for f in take(clean_graph, RunSpec()).findings}
    assert errors == {"same id twice": 1, "ledgers back in time": 1}


def test_numbers_left_out_are_gaps_where_they_are_usually_not(clean_graph: Graph) -> None:
    numbers = [*range(1, 11), *range(14, 25)]
    write_ledger(clean_graph, [f"a b 1 {n}h ledger={n}" for n in numbers])
    (gap,) = take(clean_graph, RunSpec()).findings
    assert (gap.check, gap.count) == ("gaps between ledgers", 1)
    assert "2024-01-01 10:00 for 4.0 h (ledger 10 to 14)" in gap.detail
    taken = take(clean_graph, RunSpec(window=parse_duration("3h")))
    assert (taken.since, taken.first_ledger) == (parse_instant("2024-01-01T21:00:00.001"), 22)


def test_an_empty_window_and_an_unknown_network(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LINES)
    early = RunSpec(as_of=parse_instant("2020-01-01"), window=parse_duration("1d"))
    taken = take(clean_graph, early)
    assert (taken.accounts, taken.transfers, taken.density) == (0, 0, 0.0)
    # As asked, though both ends are moved to ledgers.
    assert (taken.since, taken.until) == (parse_instant("2019-12-31"), parse_instant("2020-01-01"))
    assert (taken.first_ledger, taken.last) == (None, None)
    assert [finding.check for finding in taken.findings] == ["no transfers"]
    with pytest.raises(NotFoundError):
        take(clean_graph, RunSpec(network="nowhere"))
    write_ledger(clean_graph, LINES, network="other")
    with pytest.raises(UsageError, match="case, other"):
        take(clean_graph, RunSpec())
