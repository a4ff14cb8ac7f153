from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.unit.loader import utxo_oracle as oracle
from tests.unit.loader.utxo_run import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def samples(shared_data: Path) -> Path:
    return shared_data / "bitcoin" / "bitcoin-etl"


@pytest.mark.parametrize(
    ("name", "network", "expected"),
    [
        ("btc_50001_transactions.json", "bitcoin", {"moved": 4}),
        # One of the five without values spends an output of the same file.
        (
            "dogecoin_float_precision_transactions.json",
            "dogecoin",
            {"moved": 2, "unresolved_inputs": 4},
        ),
    ],
)
def test_exported_samples(
    samples: Path, tmp_path: Path, name: str, network: str, expected: dict[str, int]
) -> None:
    records = oracle.read_exported((samples / name).read_text().splitlines())
    edges, outcomes, fees = oracle.answer(records, network)
    got = run("bitcoin_etl", tmp_path, samples / name, network=network)
    assert sorted(got.edges) == sorted(edges)
    assert got.reasons() == dict(outcomes) == expected
    assert got.fees == fees


def test_every_amount_of_the_samples_is_conserved(samples: Path, tmp_path: Path) -> None:
    path = samples / "btc_50001_transactions.json"
    got = run("bitcoin_etl", tmp_path, path).transfers
    sums: Counter[str] = Counter()
    fees: Counter[str] = Counter()
    for identity, amount, fee in got.select("id", "amount_base", "fee_base").iter_rows():
        sums[identity.split(":")[2]] += int(amount)
        fees[identity.split(":")[2]] += int(fee or 0)
    for line in path.read_text().splitlines():
        told = json.loads(line)
        assert sums[told["hash"]] == told["output_value"]
        assert fees[told["hash"]] == told["fee"]
        if not told["is_coinbase"]:
            assert told["input_value"] == sums[told["hash"]] + fees[told["hash"]]


def test_block_of_a_node(samples: Path, tmp_path: Path) -> None:
    path = samples / "btc_getblock.json"
    edges, outcomes, _ = oracle.answer(oracle.read_block(path.read_text()), "bitcoin")
    got = run("bitcoin_etl", tmp_path, path)
    assert sorted(got.edges) == sorted(edges)
    assert got.reasons() == dict(outcomes) == {"moved": 1, "unresolved_inputs": 2}


def test_inputs_of_a_block_are_found_in_another_file(samples: Path, tmp_path: Path) -> None:
    block = json.loads((samples / "btc_getblock.json").read_text())
    spender = {
        "hash": "ab" * 32, "block_number": 50003, "block_timestamp": 1270918000, "index": 1,
        "is_coinbase": False,
        "inputs": [{"spent_transaction_hash": block["tx"][1]["txid"], "spent_output_index": 0,
                    "addresses": None, "value": None}],
        "outputs": [{"index": 0, "addresses": ["1New"], "script_hex": "", "value": 9_999_999_000}],
    }  # fmt: skip
    path = tmp_path / "spender.json"
    path.write_text(json.dumps(spender))
    work = tmp_path / "work"
    work.mkdir()
    alone = run("bitcoin_etl", work, path)
    assert alone.reasons() == {"unresolved_inputs": 1}
    got = run("bitcoin_etl", work, path, samples / "btc_getblock.json")
    owner = block["tx"][1]["vout"][0]["scriptPubKey"]["addresses"][0]
    assert got.edges[0] == (
        f"bitcoin:50003:{'ab' * 32}:0:0", f"bitcoin:{owner}", "bitcoin:1New", "9999999000"
    )  # fmt: skip
    assert got.transfers["fee_base"][0] == "1000"


def test_previous_outputs_in_a_block_are_used(samples: Path, tmp_path: Path) -> None:
    block = json.loads((samples / "btc_getblock.json").read_text())
    for number, spent in enumerate(block["tx"][1]["vin"]):
        spent["prevout"] = {
            "value": 50.00000001,
            "scriptPubKey": {"address": f"1Spent{number}", "hex": "00", "type": "pubkeyhash"},
        }
    path = tmp_path / "block.json"
    path.write_text(json.dumps(block))
    got = run("bitcoin_etl", tmp_path, path)
    assert got.reasons() == {"moved": 2, "unresolved_inputs": 1}
    assert got.transfers["source"].to_list()[1:] == ["bitcoin:1Spent0", "bitcoin:1Spent1"]
    assert got.transfers["fee_base"].to_list() == [None, "2", None]
