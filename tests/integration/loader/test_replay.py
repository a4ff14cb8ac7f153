from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import RejectedRowsError
from loader.hash import graph_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from cypher.graph import Graph
    from loader import LoadReport

    Load = Callable[..., LoadReport]

# Five accounts, six ledgers; ledger 3 is the largest, one transfer is to oneself.
LEDGER = [
    "t1,1,0,a,b,10.00,100",
    "t2,1,1,b,c,9.50,100",
    "t3,2,0,c,a,9.00,112",
    "t4,3,0,a,a,1.00,124",
    "t5,3,1,d,e,2.00,124",
    "t6,3,2,d,e,2.00,124",
    "t7,4,0,e,d,0.01,136",
    "t8,6,0,b,e,70000000000000000.01,160",
]


def test_every_row_has_one_outcome_and_a_second_load_adds_nothing(load_rows: Load) -> None:
    first = load_rows(LEDGER)
    assert (first.read, first.loaded, first.transfers, first.accounts) == (8, 8, 8, 5)
    second = load_rows(LEDGER)
    assert (second.read, second.loaded, second.duplicate) == (8, 0, 8)
    assert (second.transfers, second.accounts) == (0, 0)


def test_a_ledger_split_over_batches_is_whole(load_rows: Load) -> None:
    load_rows(LEDGER[:4], batch_rows=1)
    report = load_rows(LEDGER, batch_rows=1)
    assert (report.loaded, report.duplicate) == (4, 4)


def test_the_same_id_with_other_content_is_rejected(load_rows: Load, clean_graph: Graph) -> None:
    load_rows(LEDGER)
    before = graph_hash(clean_graph)
    altered = "t3,2,0,c,a,9.01,112"
    with pytest.raises(RejectedRowsError, match="altered"):
        load_rows([altered])
    report = load_rows([altered, "t9,7,0,a,b,1,172"], max_rejects=1)
    assert (report.loaded, report.rejected, report.rejected_by_reason) == (1, 1, {"altered": 1})
    assert report.dead_letter is not None
    assert "t3" in report.dead_letter.read_text()
    assert graph_hash(clean_graph) != before


def test_an_altered_repetition_inside_the_input_is_rejected(load_rows: Load) -> None:
    report = load_rows([*LEDGER, "t3,2,0,c,a,9.01,112", LEDGER[0]], max_rejects=1)
    assert (report.loaded, report.duplicate, report.rejected) == (8, 1, 1)


def test_batches_before_a_stop_stay_whole(load_rows: Load, clean_graph: Graph) -> None:
    load_rows([LEDGER[-1]])
    wrong = LEDGER[-1].replace(".01", ".02")
    with pytest.raises(RejectedRowsError):
        load_rows([*LEDGER[:7], wrong], batch_rows=3)
    # Batches of three: t1-t3, t4-t6; t7 shares its batch with the altered row.
    assert counted(clean_graph)["transfers"] == 1 + 6


def test_first_and_last_seen_cover_the_transfers(load_rows: Load, clean_graph: Graph) -> None:
    load_rows(LEDGER[3:])
    load_rows(LEDGER)
    query = "MATCH (a:Account {id: 'toy:a'}) RETURN a.first_seen, a.last_seen, a.address, a.kind"
    with clean_graph.driver.session() as session:
        assert session.run(query).single(strict=True).values() == [
            100_000, 124_000, "a", "account",
        ]  # fmt: skip


def test_the_checkpoint_counts_what_is_there(load_rows: Load, clean_graph: Graph) -> None:
    load_rows(LEDGER[2:5], LEDGER[1:3])
    load_rows(LEDGER)
    checkpoint = clean_graph.read("lookups/checkpoint_read", network="toy").row(0, named=True)
    assert (checkpoint["ledger"], checkpoint["transfers"], checkpoint["accounts"]) == (6, 8, 5)


def wipe(graph: Graph) -> None:
    with graph.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Migration DETACH DELETE n").consume()


def counted(graph: Graph) -> dict[str, int]:
    query = (
        "OPTIONAL MATCH ()-[r:TRANSFER]->() WITH count(r) AS transfers "
        "OPTIONAL MATCH (a:Account) RETURN transfers, count(a) AS accounts"
    )
    with graph.driver.session() as session:
        return dict(session.run(query).single(strict=True))
