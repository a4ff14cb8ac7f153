"""UTXO ledgers in a real database: second sources, repetition, order, damage."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

import loader
from core.errors import InputError
from loader.hash import graph_hash
from tests.unit.loader import utxo_oracle as oracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cypher.graph import Graph

EXPORTED = "bitcoin-etl/btc_50001_transactions.json"
BLOCK = "bitcoin-etl/btc_getblock.json"
DOGECOIN = "bitcoin-etl/dogecoin_float_precision_transactions.json"
HISTORY = "rawaddr.json"
EDGES = """
MATCH (s:Account)-[r:TRANSFER]->(t:Account)
RETURN r.id AS id, s.id AS source, t.id AS target, r.amount_base AS amount_base
"""


@pytest.fixture
def bitcoin(shared_data: Path) -> Path:
    return shared_data / "bitcoin"


@pytest.fixture
def load(clean_graph: Graph, tmp_path: Path) -> Callable[..., loader.LoadReport]:
    def loaded(name: str, *paths: Path, **options: Any) -> loader.LoadReport:
        chosen = {"dead_letter_dir": tmp_path / "rejected", "max_rejects": 1000, **options}
        return loader.load(clean_graph, name, list(paths), loader.LoadOptions(**chosen))

    return loaded


def edges(graph: Graph) -> set[tuple[str, ...]]:
    with graph.driver.session() as session:
        return {tuple(row) for row in session.run(EDGES).values()}


def test_samples_are_in_the_graph_as_the_oracle_says(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path
) -> None:
    expected: set[tuple[str, ...]] = set()
    for name, path, network, records in (
        ("bitcoin_etl", EXPORTED, "bitcoin", oracle.read_exported),
        ("bitcoin_etl", DOGECOIN, "dogecoin", oracle.read_exported),
        ("blockchain_info", HISTORY, "bitcoin", oracle.read_history),
    ):
        text = (bitcoin / path).read_text()
        told = records(text.splitlines() if records is oracle.read_exported else text)  # type: ignore[arg-type]
        found, outcomes, fees = oracle.answer(told, network)
        report = load(name, bitcoin / path, network=network)
        assert report.loaded == outcomes["moved"]
        assert report.rejected_by_reason.get("negative_fee", 0) == outcomes["negative_fee"]
        for reason in ("unconfirmed", "unresolved_inputs"):
            assert report.skipped.get(reason, 0) == outcomes[reason]
        assert report.fees_base == str(fees)
        expected |= set(found)
    assert edges(clean_graph) == expected


def test_the_transaction_that_falls_short_stops_the_load(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path
) -> None:
    with pytest.raises(InputError, match="negative_fee"):
        load("blockchain_info", bitcoin / HISTORY, max_rejects=0)
    assert edges(clean_graph) == set()


@pytest.mark.parametrize("together", [False, True])
def test_two_sources_of_one_block(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path, *, together: bool
) -> None:
    if together:
        report = load("bitcoin_etl", bitcoin / BLOCK, bitcoin / EXPORTED)
        assert (report.read, report.loaded, report.duplicate) == (7, 4, 1)
    else:
        load("bitcoin_etl", bitcoin / EXPORTED)
        before = graph_hash(clean_graph)
        second = load("bitcoin_etl", bitcoin / BLOCK)
        assert (second.transfers, second.accounts, second.duplicate) == (0, 0, 1)
        # Their inputs have no value in the block, though the graph holds the transfers.
        assert second.skipped == {"unresolved_inputs": 2}
        assert graph_hash(clean_graph) == before
    assert len(edges(clean_graph)) == 5


def test_the_block_first_and_then_what_it_could_not_resolve(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path
) -> None:
    first = load("bitcoin_etl", bitcoin / BLOCK)
    assert (first.loaded, first.transfers) == (1, 1)
    second = load("bitcoin_etl", bitcoin / EXPORTED)
    assert (second.loaded, second.duplicate, second.transfers) == (3, 1, 4)
    assert len(edges(clean_graph)) == 5


def test_a_block_that_knows_its_inputs_and_the_export_add_nothing_to_each_other(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path, tmp_path: Path
) -> None:
    block = json.loads((bitcoin / BLOCK).read_text())
    told = {r["hash"]: r for r in map(json.loads, (bitcoin / EXPORTED).read_text().splitlines())}
    for record in block["tx"][1:]:
        for spent, known in zip(record["vin"], told[record["txid"]]["inputs"], strict=True):
            lock = {"addresses": known["addresses"], "hex": "00"}
            spent["prevout"] = {"value": known["value"] / 10**8, "scriptPubKey": lock}
    full = tmp_path / "block.json"
    full.write_text(json.dumps(block))
    exported = tmp_path / "exported.json"
    exported.write_text("\n".join(json.dumps(told[r["txid"]]) for r in block["tx"]))
    hashes: list[set[str]] = []
    for order in ((full, exported), (exported, full)):
        network = f"bitcoin{len(hashes)}"
        assert load("bitcoin_etl", order[0], network=network).loaded == 3
        report = load("bitcoin_etl", order[1], network=network)
        assert (report.loaded, report.duplicate, report.transfers, report.accounts) == (0, 3, 0, 0)
        hashes.append({edge[0].partition(":")[2] for edge in edges(clean_graph)})
    assert hashes[0] == hashes[1]


def test_a_history_and_a_block_are_one_ledger_whatever_their_times(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path, tmp_path: Path
) -> None:
    record = json.loads((bitcoin / HISTORY).read_text())[3]
    exported = {
        "hash": record["hash"], "block_number": record["block_height"], "index": 12,
        "block_timestamp": record["time"] + 300, "is_coinbase": False,
        "inputs": [{"spent_transaction_hash": "ab" * 32, "spent_output_index": n,
                    "addresses": [i["prev_out"]["addr"]], "value": i["prev_out"]["value"]}
                   for n, i in enumerate(record["inputs"])],
        "outputs": [{"index": o["n"], "addresses": [o["addr"]], "script_hex": o["script"],
                     "value": o["value"]} for o in record["out"]],
    }  # fmt: skip
    path = tmp_path / "exported.json"
    path.write_text(json.dumps(exported))
    load("blockchain_info", bitcoin / HISTORY)
    before = graph_hash(clean_graph)
    report = load("bitcoin_etl", path)
    assert (report.loaded, report.duplicate, report.rejected) == (0, 1, 0)
    assert graph_hash(clean_graph) == before


def test_loading_again_and_in_any_order_gives_one_graph(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path, tmp_path: Path
) -> None:
    records = json.loads((bitcoin / HISTORY).read_text())
    load("blockchain_info", bitcoin / HISTORY)
    again = load("blockchain_info", bitcoin / HISTORY)
    assert (again.loaded, again.duplicate, again.transfers) == (0, 47, 0)
    expected = graph_hash(clean_graph)
    dice = random.Random(7)  # noqa: S311 - a seeded shuffle
    for _ in range(6):
        clean(clean_graph)
        dice.shuffle(records)
        cut = dice.randrange(1, len(records))
        overlap = max(0, cut - dice.randrange(10))
        for part in (records[:cut], records[overlap:]):
            path = tmp_path / "part.json"
            path.write_text(json.dumps(part, indent=dice.choice([None, 1])))
            load("blockchain_info", path)
        assert graph_hash(clean_graph) == expected


def test_multisig_accounts_say_their_members(
    clean_graph: Graph, load: Callable[..., loader.LoadReport], bitcoin: Path, tmp_path: Path
) -> None:
    record = json.loads((bitcoin / EXPORTED).read_text().splitlines()[0])
    record["outputs"][0]["addresses"] = ["1B", "1A"]
    path = tmp_path / "multisig.json"
    path.write_text(json.dumps(record))
    assert load("bitcoin_etl", path).accounts == 2
    query = "MATCH (a:Account) RETURN a.kind, a.is_infra, a.members ORDER BY a.kind"
    with clean_graph.driver.session() as session:
        assert session.run(query).values() == [
            ["coinbase", True, None],
            ["multisig", None, ["1A", "1B"]],
        ]


@pytest.mark.parametrize(
    ("name", "path"),
    [("bitcoin_etl", DOGECOIN), ("bitcoin_etl", BLOCK), ("blockchain_info", HISTORY)],
)
def test_damaged_files_add_up_or_are_refused(
    load: Callable[..., loader.LoadReport], bitcoin: Path, tmp_path: Path, name: str, path: str
) -> None:
    original = (bitcoin / path).read_bytes()
    usable = 0
    for seed in range(50):
        damaged = tmp_path / "damaged.json"
        dice = random.Random(seed)  # noqa: S311 - seeded damage
        damaged.write_bytes(damage(original, dice, seed))
        try:
            report = load(name, damaged, network=f"n{seed}")
        except InputError:
            continue
        usable += 1
        outcomes = report.loaded + report.duplicate + sum(report.skipped.values()) + report.rejected
        assert report.read == outcomes
    assert usable >= 40


def damage(data: bytes, dice: random.Random, seed: int) -> bytes:
    """One of ten kinds of damage at places that the dice choose."""
    values = [b"NaN", b"1e400", b"9" * 400, b"-1", b"null", b'"x"', b"{}", b"[]", b"true", b"1e-9"]
    at = dice.randrange(len(data))
    kind = seed % 10
    if kind <= 2:
        changed = bytearray(data)
        for _ in range(1 + 20 * kind):
            changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        return bytes(changed)
    if kind == 3:
        return data[:at]
    if kind == 4:
        return data[:at] + b"\xff\xfe\x00" + data[at:]
    if kind == 5:
        return data[:at] + data[at + dice.randrange(200) :]
    if kind == 6:
        return data.replace(b"\n", b"", dice.randrange(1, 50))
    pieces = data.split(b'"value": ')
    for _ in range(kind):
        place = dice.randrange(1, len(pieces))
        rest = pieces[place].lstrip(b"0123456789.nul")
        pieces[place] = dice.choice(values) + rest
    return b'"value": '.join(pieces)


def clean(graph: Graph) -> None:
    with graph.driver.session() as session:
        session.run("MATCH (n) WHERE NOT n:Migration DETACH DELETE n").consume()
