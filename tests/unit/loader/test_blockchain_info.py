from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.loader import utxo_oracle as oracle
from tests.unit.loader.utxo_run import run

if TYPE_CHECKING:
    from pathlib import Path

SHORT = "f88038e3"


@pytest.fixture
def history(shared_data: Path) -> Path:
    return shared_data / "bitcoin" / "rawaddr.json"


def test_history_of_an_address(history: Path, tmp_path: Path) -> None:
    edges, outcomes, fees = oracle.answer(oracle.read_history(history.read_text()), "bitcoin")
    got = run("blockchain_info", tmp_path, history)
    assert sorted(got.edges) == sorted(edges)
    assert got.reasons() == dict(outcomes) == {"moved": 47, "unconfirmed": 2, "negative_fee": 1}
    assert got.fees == fees
    refused = got.rows.filter(got.rows["reject"].is_not_null())
    assert json.loads(refused["text"][0])["hash"].startswith(SHORT)
    flags = got.transfers["flags"]
    assert flags.list.contains("order_unknown").all()
    assert flags.list.contains("time_approximate").all()


def test_inputs_are_outputs_and_fee(history: Path, tmp_path: Path) -> None:
    got = run("blockchain_info", tmp_path, history).transfers
    taken: dict[str, int] = {}
    paid: dict[str, int] = {}
    for record in json.loads(history.read_text()):
        taken[record["hash"]] = sum(i["prev_out"]["value"] for i in record["inputs"])
    for identity, amount, fee in got.select("id", "amount_base", "fee_base").iter_rows():
        name = identity.split(":")[2]
        paid[name] = paid.get(name, 0) + int(amount) + int(fee or 0)
    assert len(paid) == 47
    assert paid == {name: taken[name] for name in paid}


def test_every_way_to_write_the_history_gives_the_same(history: Path, tmp_path: Path) -> None:
    records: list[dict[str, Any]] = json.loads(history.read_text())
    ways = {
        "compact": json.dumps(records),
        "object": json.dumps({"address": "3Ed62", "n_tx": 50, "txs": records}, indent=2),
        "lines": "\n".join(json.dumps(record) for record in records),
        "messages": "\n".join(
            [json.dumps({"op": "status", "msg": "Connected."})]
            + [json.dumps({"op": "utx", "x": record}) for record in records]
            + [json.dumps({"op": "block", "x": {"hash": "00", "height": 1}})]
        ),
    }
    work = tmp_path / "work"
    work.mkdir()
    expected = run("blockchain_info", work, history)
    for name, content in ways.items():
        path = tmp_path / f"{name}.json"
        path.write_text(content)
        got = run("blockchain_info", work, path)
        assert got.transfers.equals(expected.transfers), name
        assert got.reasons() == expected.reasons()


def block(records: list[dict[str, Any]], **changes: object) -> str:
    made = {
        "hash": "cb" * 32, "time": 1, "inputs": [{"sequence": 1, "script": "04"}],
        "out": [{"addr": "1Miner", "value": 5_000_000_000, "n": 0, "script": "00"}],
    }  # fmt: skip
    return json.dumps(
        {"hash": "00ab", "time": 1_533_400_000, "height": 535_100, "main_chain": True,
         "tx": [made, *records], **changes}
    )  # fmt: skip


def test_a_block_tells_place_and_time(history: Path, tmp_path: Path) -> None:
    records = json.loads(history.read_text())[:1]
    path = tmp_path / "block.json"
    path.write_text(block(records))
    got = run("blockchain_info", tmp_path, path).transfers
    assert got["source"][0] == "bitcoin:coinbase"
    assert got["ledger"].unique().to_list() == [535_100]
    assert got["ts"].unique().to_list() == [1_533_400_000_000]
    assert got["ord"].to_list() == [0, 2**32]
    assert not got["flags"].list.contains("order_unknown").any()
    assert got["kind"].to_list() == ["coinbase", "utxo"]


def test_a_block_outside_the_chain_moves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "block.json"
    path.write_text(block([], main_chain=False))
    assert run("blockchain_info", tmp_path, path).reasons() == {"unconfirmed": 1}


def test_only_the_first_of_a_block_makes_money(history: Path, tmp_path: Path) -> None:
    record = json.loads(history.read_text())[0]
    del record["inputs"][1:]
    record["inputs"][0]["prev_out"] = None
    path = tmp_path / "block.json"
    path.write_text(block([record]))
    assert run("blockchain_info", tmp_path, path).reasons() == {"moved": 1, "bad_value": 1}


def test_a_broken_transaction_harms_no_other(history: Path, tmp_path: Path) -> None:
    text = history.read_text()
    # A quote is lost in the fourth transaction.
    place = text.index('"hash": "2fcdc7c4') + len('"hash": ')
    path = tmp_path / "broken.json"
    path.write_text(text[:place] + text[place + 1 :])
    assert run("blockchain_info", tmp_path, path).reasons() == {
        "moved": 46, "unconfirmed": 2, "negative_fee": 1, "bad_row": 1
    }  # fmt: skip
