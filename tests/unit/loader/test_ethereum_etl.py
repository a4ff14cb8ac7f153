from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import FormatError
from tests.unit.loader import ethereum_oracle as oracle
from tests.unit.loader.staged_run import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.loader.staged_run import Outcome

    Run = Callable[..., Outcome]

ZERO, ADA, BOB, COIN = ("0x" + digit * 40 for digit in "012c")
HASH = "0x" + "a" * 64
TRANSACTION = {
    "type": "transaction", "hash": HASH, "nonce": 1, "transaction_index": 3, "from_address": ADA,
    "to_address": BOB, "value": 2**200 + 1, "block_timestamp": 1683029999, "block_number": 17173049,
    "receipt_status": 1, "receipt_contract_address": None, "receipt_gas_used": 21000,
    "receipt_effective_gas_price": 10**12,
}  # fmt: skip
LOG = {
    "log_index": 5, "transaction_hash": HASH, "transaction_index": 3, "address": COIN,
    "data": "0x" + "f" * 64, "topics": [oracle.TRANSFER, "0x" + "0" * 24 + ADA[2:],
                                        "0x" + "0" * 24 + BOB[2:]],
    "block_number": 17173049, "block_timestamp": 1683029999,
}  # fmt: skip
TOKEN_TRANSFER = {
    "token_address": COIN, "from_address": ADA, "to_address": BOB, "value": 2**256 - 1,
    "transaction_hash": HASH, "log_index": 5, "block_number": 17173049,
    "block_timestamp": 1683029999,
}  # fmt: skip
TRACE = {
    "transaction_hash": HASH, "transaction_index": 3, "from_address": ADA, "to_address": BOB,
    "value": 7, "trace_type": "call", "call_type": "call", "reward_type": None, "status": 1,
    "trace_address": [0, 10], "block_number": 17173049,
}  # fmt: skip
BLOCK = {
    "number": 17173049, "hash": HASH, "timestamp": 1683029999,
    "withdrawals": [
        {"index": 7, "validator_index": 1, "address": ADA, "amount": 45762059},
        {"index": 8, "validator_index": 2, "address": BOB, "amount": 0},
    ],
}  # fmt: skip
ALONE = {**BLOCK, "withdrawals": []}
TO_ZERO = [*LOG["topics"][:2], "0x" + "0" * 64]  # type: ignore[index]


def as_lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def as_table(records: list[dict[str, Any]]) -> str:
    """The way ethereum-etl writes CSV: items joined by commas, nulls blank."""

    def cell(value: object) -> object:
        if isinstance(value, list):
            objects = bool(value) and isinstance(value[0], dict)
            return ",".join(json.dumps(v) if objects else str(v) for v in value)
        return value

    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: cell(value) for key, value in record.items()} for record in records)
    return text.getvalue()


@pytest.fixture(params=["lines", "table"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Stage records, each list one file, in either notation."""
    write = as_lines if request.param == "lines" else as_table

    def load(*files: list[dict[str, Any]], network: str | None = None) -> Outcome:
        paths = []
        for number, records in enumerate(files):
            paths.append(tmp_path / f"file_{number}")
            paths[-1].write_text(write(records), encoding="utf-8")
        return run("ethereum_etl", tmp_path, *paths, network=network)

    return load


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "ethereum" / "ethereum-etl"


def test_sample_agrees_with_the_oracle(sample: Path, tmp_path: Path) -> None:
    answer = oracle.Answer()
    names = [f"17173049_{part}.json" for part in ("transactions", "logs", "blocks")]
    for read, name in zip(
        (oracle.transactions, oracle.logs, oracle.withdrawals), names, strict=True
    ):
        read(answer, oracle.lines(sample / name))
    got = run("ethereum_etl", tmp_path, *(sample / name for name in names))
    assert got.read == 298 + 681 + 32
    assert got.outcomes == dict(answer.outcomes)
    assert got.outcomes["failed_transaction"] == 9
    assert sorted(got.edges) == sorted(answer.edges)
    assert oracle.sums(got.edges) == oracle.sums(answer.edges)
    assert got.fees == answer.fees
    assert got.warnings == {}


def test_without_receipts_success_is_unknown(sample: Path, tmp_path: Path) -> None:
    answer = oracle.Answer()
    path = sample / "withdrawals_transactions.csv"
    oracle.transactions(answer, oracle.table(path))
    got = run("ethereum_etl", tmp_path, path)
    assert got.outcomes == dict(answer.outcomes) == {"zero_amount": 163, "moved": 135}
    assert sorted(got.edges) == sorted(answer.edges)
    assert all("success_unknown" in flags for flags in got.transfers["flags"])
    assert got.fees is None


def test_a_transaction(loaded: Run) -> None:
    got = loaded([TRANSACTION])
    row = got.one()
    assert row["id"] == f"ethereum:17173049:{HASH}:v"
    assert (row["source"], row["target"]) == (f"ethereum:{ADA}", f"ethereum:{BOB}")
    assert row["amount_base"] == str(2**200 + 1)
    assert (row["ord"], row["kind"], row["flags"]) == (3 * 2**32, "native", None)
    assert got.fees == 21000 * 10**12
    assert got.assets.rows() == [("ethereum:native", "ethereum", "ETH", None, None, 18, "native")]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"receipt_status": 0}, "failed_transaction"),
        ({"receipt_status": 0, "to_address": None}, "failed_transaction"),
        ({"receipt_status": 2}, "bad_value"),
        ({"value": 0}, "zero_amount"),
        ({"value": 0, "to_address": None}, "zero_amount"),
        ({"value": "0E-18"}, "zero_amount"),
        ({"value": 2**256}, "bad_value"),
        ({"value": -1}, "negative_amount"),
        ({"value": None}, "missing_field"),
        ({"value": "1,000"}, "bad_value"),
        ({"to_address": None}, "missing_field"),
        ({"from_address": None}, "missing_field"),
        ({"from_address": ADA[:-1]}, "bad_value"),
        ({"hash": None}, "missing_field"),
        ({"hash": HASH + "0"}, "bad_value"),
        ({"block_number": None}, "missing_field"),
        ({"block_number": -1}, "bad_value"),
        ({"block_number": "1e7"}, "bad_value"),
        ({"block_timestamp": None}, "missing_block"),
        ({"block_timestamp": 1683029999000}, "bad_value"),
        ({"transaction_index": 2**20}, "bad_value"),
    ],
)
def test_transactions_that_move_nothing(loaded: Run, change: dict[str, Any], outcome: str) -> None:
    got = loaded([TRANSACTION, {**TRANSACTION, "transaction_index": 4, **change}])
    assert (got.read, got.outcomes) == (2, {"moved": 1, outcome: 1})


def test_failed_transactions_pay_and_repeated_ones_pay_once(loaded: Run) -> None:
    failed = {**TRANSACTION, "hash": "0x" + "b" * 64, "receipt_status": 0, "receipt_gas_used": 1}
    got = loaded([TRANSACTION, failed], [TRANSACTION])
    assert got.fees == 21001 * 10**12


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"receipt_status": None}, ["success_unknown"]),
        ({"to_address": ADA}, ["self"]),
        ({"to_address": None, "receipt_contract_address": BOB}, ["create"]),
        ({"transaction_index": None}, ["order_unknown"]),
        ({"to_address": BOB.upper().replace("0X", "0x")}, None),
    ],
)
def test_flags_of_transactions(loaded: Run, change: dict[str, Any], flags: list[str]) -> None:
    got = loaded([{**TRANSACTION, **change}]).one()
    assert got["flags"] == flags
    assert got["target"] == f"ethereum:{ADA if flags == ['self'] else BOB}"


def test_blocks_tell_the_time_of_rows_without_one(loaded: Run) -> None:
    timeless = {key: value for key, value in TRANSACTION.items() if key != "block_timestamp"}
    assert loaded([timeless], [ALONE]).one()["ts"] == 1683029999000
    assert loaded([timeless], [ALONE], [{**ALONE, "timestamp": 1}]).outcomes == {"missing_block": 1}
    other = loaded([timeless], [{**ALONE, "number": 5}])
    assert (other.outcomes, other.warnings) == ({"missing_block": 1}, {"unused_side_rows": 1})


def test_erc20(loaded: Run) -> None:
    tokens = [{"token_address": COIN.upper().replace("0X", "0x"), "symbol": "C", "decimals": 6}]
    got = loaded([LOG], tokens)
    row = got.one()
    assert row["id"] == f"ethereum:17173049:{HASH}:l5"
    assert (row["source"], row["target"]) == (f"ethereum:{ADA}", f"ethereum:{BOB}")
    assert (row["amount_base"], row["amount"]) == (str(2**256 - 1), (2**256 - 1) / 10**6)
    assert (row["asset"], row["kind"], row["flags"]) == (f"ethereum:{COIN}", "erc20", None)
    assert row["ord"] == 3 * 2**32 + 6 * 2**12
    assert got.assets.rows() == [(f"ethereum:{COIN}", "ethereum", "C", None, COIN, 6, "erc20")]


def test_tokens_of_unknown_decimals_have_no_amount(loaded: Run) -> None:
    assert loaded([LOG]).one()["amount"] is None
    tokens = [{"address": COIN, "symbol": "C", "name": "Coin", "decimals": None}]
    assert loaded([LOG], tokens).one()["amount"] is None
    with pytest.raises(FormatError, match=r"line \d is no token"):
        loaded([LOG], [{"token_address": COIN, "symbol": "C", "decimals": "many"}])


def test_nft_has_a_token_id_and_counts_as_one(loaded: Run) -> None:
    topics = [*LOG["topics"], "0x" + "f" * 64]  # type: ignore[misc]
    got = loaded([{**LOG, "topics": topics, "data": "0x"}, {**LOG, "log_index": 6}])
    row = got.transfers.row(0, named=True)
    assert (row["kind"], row["amount_base"], row["amount"]) == ("nft", "1", None)
    assert row["token_id"] == str(2**256 - 1)
    assert got.transfers["token_id"][1] is None


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"data": "0x" + "0" * 64}, "zero_amount"),
        ({"data": "0x"}, "nonstandard_transfer"),
        ({"data": "0x" + "0" * 128}, "nonstandard_transfer"),
        ({"topics": [oracle.TRANSFER], "data": "0x" + "0" * 192}, "nonstandard_transfer"),
        ({"topics": [oracle.TRANSFER, HASH, HASH, HASH]}, "nonstandard_transfer"),
        ({"topics": [oracle.SINGLE, HASH, HASH, HASH]}, "erc1155_unsupported"),
        ({"topics": [oracle.BATCH]}, "erc1155_unsupported"),
        ({"topics": [oracle.TRANSFER, HASH, HASH]}, "malformed_topic"),
        ({"topics": [HASH]}, "other_event"),
        ({"topics": []}, "other_event"),
        ({"topics": [HASH[:-1]]}, "bad_value"),
        ({"data": "0x0"}, "bad_value"),
        ({"data": None}, "missing_field"),
        ({"address": None}, "missing_field"),
        ({"log_index": None}, "missing_field"),
        ({"log_index": 2**20 - 1}, "bad_value"),
        ({"transaction_hash": None}, "missing_field"),
        ({"block_timestamp": None}, "missing_block"),
    ],
)
def test_logs_that_are_no_transfers(loaded: Run, change: dict[str, Any], outcome: str) -> None:
    got = loaded([LOG, {**LOG, "log_index": 6, **change}])
    assert (got.read, got.outcomes) == (2, {"moved": 1, outcome: 1})


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"topics": [oracle.TRANSFER, TO_ZERO[2], TO_ZERO[1]]}, ["mint"]),
        ({"topics": TO_ZERO}, ["burn"]),
        ({"topics": [oracle.TRANSFER, TO_ZERO[1], TO_ZERO[1]]}, ["self"]),
        ({"transaction_index": None}, ["order_unknown"]),
        ({"topics": [topic.upper().replace("0X", "0x") for topic in TO_ZERO]}, ["burn"]),
    ],
)
def test_flags_of_tokens(loaded: Run, change: dict[str, Any], flags: list[str]) -> None:
    assert loaded([{**LOG, **change}]).one()["flags"] == flags


def test_token_transfers_are_the_same_as_their_logs(loaded: Run) -> None:
    """Near miss: they are read only where the logs are not given."""
    alone = loaded([TOKEN_TRANSFER])
    assert alone.edges == loaded([LOG]).edges
    assert alone.one()["flags"] == ["order_unknown"]
    both = loaded([TOKEN_TRANSFER], [LOG])
    assert (both.read, both.one()["flags"]) == (1, None)
    refused = loaded([TOKEN_TRANSFER, {**TOKEN_TRANSFER, "value": 2**256}])
    assert refused.outcomes == {"moved": 1, "bad_value": 1}


def test_withdrawals_are_in_gwei_and_paid_by_nobody(loaded: Run) -> None:
    got = loaded([BLOCK])
    row = got.one()
    assert got.outcomes == {"moved": 1, "zero_amount": 1}
    assert (row["id"], row["source"]) == ("ethereum:17173049:w7", "ethereum:beacon_withdrawals")
    assert (row["amount_base"], row["kind"]) == ("45762059" + "0" * 9, "withdrawal")
    assert (row["source_kind"], row["flags"]) == ("pseudo", None)
    assert row["ord"] == (2**20 - 1) * 2**32


@pytest.mark.parametrize(
    ("change", "outcomes"),
    [
        ({"number": None}, {"missing_field": 2}),
        ({"number": "x"}, {"bad_value": 2}),
        ({"timestamp": "soon"}, {"bad_value": 2}),
        ({"withdrawals": []}, {}),
        ({"withdrawals": [{"index": 7, "address": ADA}]}, {"missing_field": 1}),
        ({"withdrawals": [{"index": 7, "address": ADA, "amount": -1}]}, {"negative_amount": 1}),
        ({"withdrawals": [{"index": 7, "address": "0x", "amount": 1}]}, {"bad_value": 1}),
    ],
)
def test_withdrawals_that_are_refused(
    loaded: Run, change: dict[str, Any], outcomes: dict[str, int]
) -> None:
    assert loaded([{**BLOCK, **change}]).outcomes == outcomes


def test_a_block_that_cannot_be_read_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "blocks.json"
    path.write_text(as_lines([BLOCK]) + '{"number": 17173050, "withdrawals": [{"index"\n')
    got = run("ethereum_etl", tmp_path, path)
    assert got.outcomes == {"moved": 1, "zero_amount": 1, "bad_row": 1}


def test_traces(loaded: Run) -> None:
    """Places follow the tree of calls: 0, then 0_2 before 0_10, then 1."""
    calls = [{**TRACE, "trace_address": place} for place in ([1], [0, 10], [], [0], [0, 2])]
    got = loaded(calls, [ALONE])
    assert {row[0]: row[1] for row in got.transfers.select("id", "ord").iter_rows()} == {
        f"ethereum:17173049:{HASH}:i{path}": 3 * 2**32 + place * 2**12
        for place, path in enumerate(["", "0", "0_2", "0_10", "1"])
    }
    beside = loaded(calls, [ALONE], [TRANSACTION])
    assert beside.outcomes == {"moved": 5, "same_as_transaction": 1}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"status": 0, "to_address": None}, "failed_transaction"),
        ({"call_type": "delegatecall"}, "non_value_operation"),
        ({"call_type": "staticcall", "value": None}, "non_value_operation"),
        ({"trace_type": "reward", "transaction_hash": None, "from_address": None},
         "non_value_operation"),
        ({"value": 0}, "zero_amount"),
        ({"value": 2**256}, "bad_value"),
        ({"value": None}, "missing_field"),
        ({"to_address": None}, "missing_field"),
        ({"transaction_hash": None}, "missing_field"),
        ({"trace_type": "cull"}, "bad_value"),
        ({"trace_address": ["a"]}, "bad_value"),
        ({"status": 3}, "bad_value"),
        ({"block_number": 5}, "missing_block"),
    ],
)  # fmt: skip
def test_traces_that_move_nothing(loaded: Run, change: dict[str, Any], outcome: str) -> None:
    got = loaded([TRACE, {**TRACE, "trace_address": [2], **change}], [ALONE])
    assert (got.read, got.outcomes) == (2, {"moved": 1, outcome: 1})


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"trace_type": "create", "call_type": None}, ["create"]),
        ({"trace_type": "suicide", "call_type": None}, None),
        ({"status": None}, ["success_unknown"]),
        ({"transaction_index": None}, ["order_unknown"]),
    ],
)
def test_flags_of_traces(loaded: Run, change: dict[str, Any], flags: list[str]) -> None:
    assert loaded([{**TRACE, **change}], [ALONE]).one()["flags"] == flags


def test_another_network(loaded: Run) -> None:
    got = loaded([TRANSACTION], [LOG], network="polygon")
    assert set(got.transfers["asset"]) == {"polygon:native", f"polygon:{COIN}"}
    assert all(key.startswith("polygon:17173049:") for key in got.transfers["id"])


def test_a_list_of_tokens_alone_is_refused(loaded: Run) -> None:
    with pytest.raises(FormatError, match="no file of transfers"):
        loaded([{"token_address": COIN, "symbol": "C", "decimals": 6}])
