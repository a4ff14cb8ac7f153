"""Random transactions, as bitcoin-etl would write them, against the oracle."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loader.chains import utxo
from tests.unit.loader import utxo_oracle as oracle
from tests.unit.loader.utxo_run import run

NAMES = [f"1Account{letter}" for letter in "abcdefg"]
VALUES = st.one_of(st.integers(1, 5), st.integers(1, 2**63 - 1), st.sampled_from([0, 10**8]))
OWNERS: st.SearchStrategy[list[str]] = st.one_of(
    st.sampled_from([[name] for name in NAMES]),
    st.just([]),
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True),
)


def txid(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


@st.composite
def ledgers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Transactions that may spend outputs of each other, told or not told by value."""
    records: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 6))):
        made = draw(st.integers(0, 9)) == 0
        inputs = []
        for _ in range(0 if made else draw(st.integers(1, 7))):
            spent = {"spent_transaction_hash": txid(draw(st.integers(0, 8))),
                     "spent_output_index": draw(st.integers(0, 3))}  # fmt: skip
            told = {"addresses": draw(st.sampled_from(NAMES)), "value": draw(VALUES)}
            told["addresses"] = [told["addresses"]]
            inputs.append(spent | (told if draw(st.integers(0, 3)) else {"value": None}))
        outputs = [
            {"index": n, "addresses": draw(OWNERS), "script_hex": draw(st.sampled_from(["6a", ""])),
             "value": draw(VALUES)}
            for n in range(draw(st.integers(1, 7)))
        ]  # fmt: skip
        records.append(
            {"hash": txid(number), "block_number": 7, "block_timestamp": 1_500_000_000,
             "is_coinbase": made, "inputs": inputs, "outputs": outputs}
        )  # fmt: skip
    return records


# A transaction that spends an output of its own, told of by nothing else.
ITSELF = {
    "hash": txid(0), "block_number": 7, "block_timestamp": 1_500_000_000, "is_coinbase": False,
    "inputs": [{"spent_transaction_hash": txid(0), "spent_output_index": 0, "value": None}],
    "outputs": [{"index": 0, "addresses": [], "script_hex": "6a", "value": 0}],
}  # fmt: skip


@settings(max_examples=60)
@given(ledgers())
@example([ITSELF])
def test_random_transactions(records: list[dict[str, Any]]) -> None:
    lines = [json.dumps(record) for record in records]
    edges, outcomes, fees = oracle.answer(oracle.read_exported(lines), "bitcoin")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transactions.json"
        path.write_text("\n".join(lines))
        work = Path(folder) / "work"
        work.mkdir()
        got = run("bitcoin_etl", work, path)
    assert sorted(got.edges) == sorted(edges)
    assert got.reasons() == dict(outcomes)
    assert (got.fees or 0) == fees
    sums: Counter[tuple[str, int]] = Counter()
    for identity, _, _, amount in got.edges:
        _, _, name, n, _ = identity.split(":")
        sums[name, int(n)] += int(amount)
    moved = {identity.split(":")[2] for identity, *_ in got.edges}
    for record in records:
        if record["hash"] in moved:
            for output in record["outputs"]:
                assert sums[record["hash"], output["index"]] == output["value"]


def write(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "transactions.json"
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


def record(inputs: list[tuple[str, int]], outputs: list[tuple[str, int]]) -> dict[str, Any]:
    return {
        "hash": txid(1), "block_number": 7, "block_timestamp": 1_500_000_000, "index": 3,
        "is_coinbase": False,
        "inputs": [{"spent_transaction_hash": txid(0), "spent_output_index": i,
                    "addresses": [who], "value": value} for i, (who, value) in enumerate(inputs)],
        "outputs": [{"index": n, "addresses": [who], "script_hex": "", "value": value}
                    for n, (who, value) in enumerate(outputs)],
    }  # fmt: skip


@pytest.mark.parametrize("told", [None, 9])
def test_a_transaction_cannot_spend_its_own_output(tmp_path: Path, told: int | None) -> None:
    itself = record([("A", 9)], [("B", 5), ("C", 4)])
    itself["inputs"][0] |= {"spent_transaction_hash": txid(1).upper(), "value": told}
    spender = record([("B", 5)], [("D", 5)])
    spender |= {"hash": txid(2)}
    spender["inputs"][0] |= {"spent_transaction_hash": txid(1), "value": None}
    got = run("bitcoin_etl", tmp_path, write(tmp_path, itself, spender))
    # What the rejected one says of its outputs is not believed either.
    assert got.reasons() == {"bad_value": 1, "unresolved_inputs": 1}
    assert got.transfers.is_empty()


def test_change_is_every_part_of_an_output_that_returns_to_an_input(tmp_path: Path) -> None:
    path = write(tmp_path, record([("A", 6), ("B", 4)], [("C", 5), ("A", 4)]))
    got = run("bitcoin_etl", tmp_path, path).transfers
    shown = got.select("source", "target", "amount_base", "flags", "change_rule", "fee_base", "ord")
    second = 3 * 2**32
    assert shown.rows() == [
        ("bitcoin:A", "bitcoin:C", "3", None, None, "1", second),
        ("bitcoin:B", "bitcoin:C", "2", None, None, None, second + 1),
        ("bitcoin:A", "bitcoin:A", "2", ["self", "change"], "direct", None, second + 4096),
        ("bitcoin:B", "bitcoin:A", "2", ["change"], "direct", None, second + 4097),
    ]


def test_coinjoin_needs_five_accounts_and_five_equal_outputs(tmp_path: Path) -> None:
    five = [(name, 10) for name in NAMES[:5]]
    equal = [(f"1Out{n}", 9) for n in range(5)]
    for inputs, outputs, expected in (
        (five, equal, True),
        (five[:4], equal[:4], False),
        (five, [*equal[:4], ("1Out5", 8)], False),
    ):
        got = run("bitcoin_etl", tmp_path, write(tmp_path, record(inputs, outputs))).transfers
        flagged = got["flags"].list.contains("coinjoin").fill_null(value=False)
        assert flagged.all() == flagged.any() == expected


def test_leg_index_stops_at_4095_and_the_id_goes_on(tmp_path: Path) -> None:
    many = [(f"1In{i}", 1) for i in range(4100)]
    path = write(tmp_path, record(many, [("1Out", 4100)]))
    got = run("bitcoin_etl", tmp_path, path).transfers.sort("ord", "id")
    assert got.height == got["id"].n_unique() == 4100
    assert got["ord"].max() == 3 * 2**32 + 4095


def test_portions_of_edges_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [record([("A", 9), ("B", 3)], [("C", 7), ("D", 5)]) for _ in range(6)]
    for number, each in enumerate(records):
        each["hash"] = txid(number)
    path = write(tmp_path, *records)
    whole = run("bitcoin_etl", tmp_path, path)
    monkeypatch.setattr(utxo, "EDGES_AT_ONCE", 5)
    parts = run("bitcoin_etl", tmp_path, path)
    assert len(parts.parcels) > len(whole.parcels)
    assert parts.edges == whole.edges
    assert parts.rows.drop("row").equals(whole.rows.drop("row"))


def test_multisig_accounts_keep_their_members(tmp_path: Path) -> None:
    given_record = record([("A", 9)], [("C", 9)])
    given_record["outputs"][0]["addresses"] = ["1Zed", "1Abe"]
    got = run("bitcoin_etl", tmp_path, write(tmp_path, given_record))
    digest = sha256(b"1Abe,1Zed").hexdigest()[:40]
    accounts = pl.concat([p.accounts for p in got.parcels if p.accounts is not None])
    assert accounts.rows() == [
        (f"bitcoin:multi:{digest}", "bitcoin", f"multi:{digest}", "multisig", ["1Abe", "1Zed"])
    ]
    assert got.transfers["target_kind"].to_list() == ["multisig"]
