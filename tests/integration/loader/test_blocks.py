"""Blocks that are replaced, and sources that describe the same money differently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import loader
from core.errors import RejectedRowsError
from cypher.flows import are_fresh
from loader.hash import graph_hash
from loader.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from cypher.graph import Graph

    Load = Callable[..., loader.LoadReport]
    Row = dict[str, Any]

HISTORY = Path(__file__).resolve().parents[2] / "cases/formats/csv/phishing_accounts.yaml"
WIPE = "MATCH (n) WHERE NOT n:Migration DETACH DELETE n"
# Block 11 in two versions: in the second, b pays e instead of d, and less.
FIRST = [(10, 0xA, "ab", 5), (10, 0xA, "bc", 4), (11, 0xB, "bd", 3), (11, 0xB, "ac", 2)]
SECOND = [(11, 0xC, "be", 1), (11, 0xC, "ac", 2)]


def word(number: int, digits: int = 64) -> str:
    return f"0x{number:0{digits}x}"


def address(letter: str) -> str:
    return word(ord(letter), 40)


def transaction(block: int, block_hash: int, ends: str, value: int) -> Row:
    return {
        "hash": word(block * 1000 + value), "transaction_index": value, "value": str(value),
        "from_address": address(ends[0]), "to_address": address(ends[1]), "block_number": block,
        "block_timestamp": 1_600_000_000 + 12 * block, "block_hash": word(block_hash),
        "receipt_status": 1,
    }  # fmt: skip


def trace(row: Row, path: list[int]) -> Row:
    return {
        "transaction_hash": row["hash"], "trace_type": "call", "call_type": "call", "status": 1,
        "trace_address": path,
        **{name: row[name] for name in row if not name.startswith(("hash", "receipt"))},
    }  # fmt: skip


@pytest.fixture
def load(clean_graph: Graph, tmp_path: Path) -> Load:
    count = 0

    def loaded(*files: list[Row], name: str = "ethereum_etl", **options: Any) -> loader.LoadReport:
        nonlocal count
        paths = []
        for rows in files:
            count += 1
            paths.append(tmp_path / f"rows_{count}.json")
            paths[-1].write_text("".join(json.dumps(row) + "\n" for row in rows))
        chosen = {"dead_letter_dir": tmp_path / "rejected", **options}
        return loader.load(clean_graph, name, paths, loader.LoadOptions(**chosen))

    return loaded


def ask(graph: Graph, query: str) -> list[list[Any]]:
    with graph.driver.session() as session:
        return session.run(query).values()


def state(graph: Graph) -> tuple[object, ...]:
    """All that must not depend on what was there before: content, times, counts, blocks."""
    seen = ask(graph, "MATCH (a:Account) RETURN a.id, a.first_seen, a.last_seen ORDER BY a.id")
    checkpoint = graph.read("lookups/checkpoint_read", network="ethereum").drop("writer")
    return graph_hash(graph), seen, checkpoint.rows()


@pytest.mark.parametrize("batch_rows", [1, 10_000])
def test_a_replaced_block_leaves_nothing_behind(
    load: Load, clean_graph: Graph, batch_rows: int
) -> None:
    load([transaction(*row) for row in [*FIRST[:2], *SECOND]], batch_rows=batch_rows)
    expected = state(clean_graph)
    ask(clean_graph, WIPE)
    load([transaction(*row) for row in FIRST], batch_rows=batch_rows)
    # As many transfers as before: FLOW must be out of date for another reason.
    ask(clean_graph, "MATCH (c:Checkpoint) SET c.flow_ledger = c.ledger, c.mine = 1, "
                     "c.flow_transfers = c.transfers")  # fmt: skip
    report = load([transaction(*row) for row in SECOND], batch_rows=batch_rows)
    assert (report.loaded, report.duplicate, report.transfers, report.accounts) == (2, 0, 2, 1)
    assert report.warnings == {"reorganised": 1}
    assert state(clean_graph) == expected
    watermark = clean_graph.read("lookups/flows_watermark", network="ethereum").row(0, named=True)
    assert (watermark["transfers"], watermark["flow_transfers"]) == (4, None)
    assert ask(clean_graph, "MATCH (c:Checkpoint) RETURN c.mine") == [[1]]
    again = load([transaction(*row) for row in SECOND])
    assert (again.duplicate, again.warnings) == (2, {})


def test_two_versions_in_one_input_end_as_the_last(
    load: Load, clean_graph: Graph, tmp_path: Path
) -> None:
    load([transaction(*row) for row in [*FIRST[:2], *SECOND]])
    expected = state(clean_graph)
    ask(clean_graph, WIPE)
    first, second = ([transaction(*row) for row in rows] for rows in (FIRST, SECOND))
    report = load(first, second)
    assert (report.read, report.loaded, report.warnings) == (6, 6, {"reorganised": 1})
    assert state(clean_graph) == expected
    # Reading the same input again, verify holds the last version against the graph.
    paths = [tmp_path / f"rows_{count}.json" for count in (2, 3)]
    compared = verify(clean_graph, "ethereum_etl", paths)
    assert (compared.ok, compared.missing, compared.altered, compared.unexpected) == (True, 0, 0, 0)
    ask(clean_graph, "MATCH ()-[r:TRANSFER {ledger: 11}]->() SET r.amount_base = '9'")
    assert verify(clean_graph, "ethereum_etl", paths).altered == 2


def test_a_version_without_transfers_leaves_nothing_to_verify(
    load: Load, clean_graph: Graph, tmp_path: Path
) -> None:
    empty = {"number": 11, "hash": word(0xD), "timestamp": 1_600_000_132, "withdrawals": []}
    load([transaction(*row) for row in FIRST], [empty])
    paths = [tmp_path / f"rows_{count}.json" for count in (1, 2)]
    compared = verify(clean_graph, "ethereum_etl", paths)
    assert (compared.ok, compared.missing, compared.unexpected) == (True, 0, 0)


def test_an_account_with_a_tag_stays(load: Load, clean_graph: Graph) -> None:
    load([transaction(*row) for row in FIRST])
    ask(clean_graph, f"MATCH (a:Account {{address: '{address('d')}'}}) "
                     "CREATE (a)-[:HAS_TAG]->(:Tag {id: 'x'})")  # fmt: skip
    load([transaction(*row) for row in SECOND])
    found = ask(clean_graph, f"MATCH (a:Account {{address: '{address('d')}'}}) "
                             "RETURN a.first_seen, a.last_seen")  # fmt: skip
    assert found == [[None, None]]
    assert clean_graph.read("lookups/checkpoint_read", network="ethereum")["accounts"][0] == 5


def test_an_empty_block_replaces_one_with_transfers(load: Load, clean_graph: Graph) -> None:
    load([transaction(*row) for row in FIRST])
    empty = {"number": 11, "hash": word(0xD), "timestamp": 1_600_000_132, "withdrawals": []}
    report = load([empty])
    assert (report.read, report.warnings["reorganised"]) == (0, 1)
    checkpoint = clean_graph.read("lookups/checkpoint_read", network="ethereum").row(0, named=True)
    assert (checkpoint["transfers"], checkpoint["accounts"]) == (2, 3)
    assert checkpoint["recent_blocks"] == [f"10:{word(0xA)}", f"11:{word(0xD)}"]


def test_only_the_last_256_ledgers_are_remembered(load: Load, clean_graph: Graph) -> None:
    load([transaction(block, block, "ab", 1) for block in range(1, 301)], batch_rows=70)
    listed = clean_graph.read("lookups/checkpoint_read", network="ethereum")["recent_blocks"][0]
    assert listed.to_list() == [f"{block}:{word(block)}" for block in range(45, 301)]
    report = load([transaction(44, 9, "ab", 2), transaction(45, 9, "ab", 3)])
    assert (report.loaded, report.warnings) == (2, {"reorganised": 1})
    count = "MATCH ()-[r:TRANSFER]->() WHERE r.ledger IN [44, 45] RETURN count(r)"
    assert ask(clean_graph, count) == [[3]]


@pytest.mark.parametrize("backwards", [False, True])
def test_the_first_call_is_the_transaction(
    load: Load, clean_graph: Graph, *, backwards: bool
) -> None:
    rows = [transaction(*row) for row in FIRST]
    traces = [trace(row, path) for row in rows for path in ([], [0])]
    together = load(rows, traces)
    assert together.skipped == {"same_as_transaction": 4}
    expected = graph_hash(clean_graph)
    ask(clean_graph, WIPE)
    parts = (traces, rows) if backwards else (rows, traces)
    reports = [load(parts[0])]
    told = clean_graph.write("writes/flows_begin", network="ethereum", run="r")
    mark = {"ledger": told["ledger"][0], "transfers": told["transfers"][0]}
    clean_graph.write("writes/flows_end", network="ethereum", run="r", **mark)
    assert are_fresh(clean_graph, "ethereum")
    reports.append(load(parts[1]))
    # Backwards four take the place of four: ledger and count stay, and yet FLOW is out of date.
    assert not are_fresh(clean_graph, "ethereum")
    assert graph_hash(clean_graph) == expected
    if backwards:
        assert reports[1].warnings == {"repaired": 4}
        assert reports[1].transfers == 4
        assert mark["transfers"] == 8
    again = load(traces)
    assert (again.skipped, again.duplicate) == ({"same_as_transaction": 4}, 4)
    assert clean_graph.read("lookups/checkpoint_read", network="ethereum")["transfers"][0] == 8


def test_another_description_of_the_same_ether_is_refused(
    load: Load, clean_graph: Graph, shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "ethereum" / "faironchain"
    options = loader.LoadOptions(dead_letter_dir=tmp_path)
    loader.load(clean_graph, "faironchain", [folder], options)
    before = graph_hash(clean_graph)
    # In a block of theirs, and in one that nobody has told of.
    rows = [transaction(16308190, 1, "ab", 7), transaction(5, 2, "ab", 8)]
    for row in rows:
        del row["block_hash"]
    with pytest.raises(RejectedRowsError, match="other_source"):
        load(rows)
    report = load(rows, max_rejects=1)
    assert (report.loaded, report.rejected_by_reason) == (1, {"other_source": 1})
    assert graph_hash(clean_graph) != before
    assert load(rows, network="mine").loaded == 2


def test_another_description_of_the_same_payments_is_refused(
    clean_graph: Graph, shared_data: Path, tmp_path: Path
) -> None:
    folder, options = shared_data / "stellar", loader.LoadOptions(dead_letter_dir=tmp_path)
    loader.load(clean_graph, "stellar_etl", [folder], options)
    before = graph_hash(clean_graph)
    there = ask(clean_graph, "MATCH (a)-[r:TRANSFER {kind: 'payment', asset: 'stellar:XLM'}]->(b) "
                "RETURN a.address, b.address, r.ledger, split(r.id, ':')[2], r.amount, "
                "r.timestamp LIMIT 3")  # fmt: skip
    rows = [
        {"ledger_sequence": ledger, "operation_id": int(operation), "transaction_hash": "x",
         "type": "payment", "sender": sender, "receiver": receiver, "asset": "XLM",
         "amount": amount, "timestamp": moment.to_native()}
        for sender, receiver, ledger, operation, amount, moment in there
    ]  # fmt: skip
    path = tmp_path / "backfill.parquet"
    pl.DataFrame(rows).write_parquet(path)
    with pytest.raises(RejectedRowsError, match="other_source"):
        loader.load(clean_graph, "parquet", [path], options)
    assert graph_hash(clean_graph) == before
    report = loader.load(
        clean_graph,
        "parquet",
        [path],
        loader.LoadOptions(network="other", dead_letter_dir=tmp_path),
    )
    assert (report.loaded, report.warnings) == (3, {"success_unknown": 3})


def test_a_history_of_an_account_is_another_description(
    load: Load, clean_graph: Graph, tmp_path: Path
) -> None:
    rows = [transaction(*row) for row in FIRST]
    for row in rows:
        del row["block_hash"]
    load(rows)
    history = tmp_path / "history.csv"
    lines = [
        f"0,{row['hash']},{row['block_number']},{row['block_timestamp']},{row['from_address']},"
        f"{row['to_address']},0.000000000000000001,NULL,0"
        for row in rows[:2]
    ]
    header = "phishing_account,TxHash,BlockHeight,TimeStamp,From,To,Value,ContractAddress,isError"
    # One row of a block that nobody has told of.
    other = lines[0].replace(",10,", ",7,")
    history.write_text("\n".join([header, *lines, other, ""]))
    options = loader.LoadOptions(mapping=HISTORY, max_rejects=2, dead_letter_dir=tmp_path)
    report = loader.load(clean_graph, "csv", [history], options)
    assert (report.read, report.loaded) == (3, 1)
    assert report.rejected_by_reason == {"other_source": 2}


def test_a_kind_told_later_counts_as_if_told_first(clean_graph: Graph) -> None:
    rows = [["x:1", "1", "account", None], ["x:2", "2", "multisig", ["a", "b"]]]
    again = [["x:1", "1", "multisig", ["c"]], ["x:2", "2", "account", None]]
    for accounts in (rows, again):
        clean_graph.write("writes/accounts_merge", network="x", accounts=accounts)
    found = ask(clean_graph, "MATCH (a:Account) RETURN a.id, a.kind, a.members ORDER BY a.id")
    assert found == [["x:1", "multisig", ["c"]], ["x:2", "multisig", ["a", "b"]]]


def test_a_path_payment_without_legs_is_repaired(
    clean_graph: Graph, shared_data: Path, tmp_path: Path
) -> None:
    bare = [shared_data / "stellar" / f"10_ledgers_{part}.golden" for part in ("ops", "txs")]
    full = [*bare, *(shared_data / "stellar" / f"10_ledgers_{part}.golden"
                     for part in ("effects", "trades"))]  # fmt: skip

    def loaded(paths: list[Path]) -> loader.LoadReport:
        options = loader.LoadOptions(dead_letter_dir=tmp_path)
        return loader.load(clean_graph, "stellar_etl", paths, options)

    def held() -> tuple[str, int]:
        checkpoint = clean_graph.read("lookups/checkpoint_read", network="stellar")
        stored = ask(clean_graph, "MATCH ()-[r:TRANSFER]->() RETURN count(r)")
        assert checkpoint["transfers"].to_list() == stored[0]
        return graph_hash(clean_graph), stored[0][0]

    first = loaded(full)
    expected = held()
    again = loaded(bare)
    assert (again.transfers, again.loaded, again.warnings) == (0, 0, {})
    ask(clean_graph, WIPE)
    lacking = loaded(bare)
    missing = lacking.warnings["legs_missing"]
    assert missing > 0
    repaired = loaded(full)
    assert repaired.warnings["repaired"] == missing
    assert repaired.transfers == first.transfers - lacking.transfers + missing
    assert held() == expected
