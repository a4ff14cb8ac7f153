"""Fees of Stellar, and texts that no ledger has: hand-made transactions in both sources' words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import loader
from core.errors import FormatError, ParameterError
from loader.format import FORMATS, LONGEST_KEY, LONGEST_TEXT
from loader.loading import check
from tests.unit.loader.staged_run import run

if TYPE_CHECKING:
    from pathlib import Path

A, B = "G" + "A" * 55, "G" + "B" * 55
PACKED = 7 * 2**32 + 3 * 2**12


def etl(folder: Path, **changes: Any) -> Path:
    """One payment and its transaction, as stellar-etl tells them."""
    transaction = {
        "id": PACKED, "transaction_hash": "ab" * 32, "ledger_sequence": 7, "account": A,
        "successful": True, "fee_charged": 100, "memo_type": "MemoTypeMemoText", "memo": "hello",
        "closed_at": "2020-07-28T00:10:40Z", **changes,
    }  # fmt: skip
    operation = {
        "id": PACKED + 1, "transaction_id": PACKED, "type": 1, "type_string": "payment",
        "source_account": A, "closed_at": "2020-07-28T00:10:40Z", "ledger_sequence": 7,
        "details": {"from": A, "to": B, "amount": 2.5, "asset_type": "native"},
    }  # fmt: skip
    (folder / "operations.json").write_text(json.dumps(operation))
    (folder / "transactions.json").write_text(json.dumps(transaction))
    return folder


def test_the_fee_of_a_transaction(tmp_path: Path) -> None:
    source = etl(tmp_path)
    plain, edges = (run("stellar_etl", tmp_path, source, fees=f) for f in ("none", "edges"))
    assert plain.fees == edges.fees == 100
    assert plain.transfers["id"].to_list() == [f"stellar:7:{PACKED + 1}:0"]
    fee = edges.transfers.filter(kind="fee").row(0, named=True)
    assert fee["id"] == f"stellar:7:{PACKED}:fee"
    assert (fee["source"], fee["target"]) == (f"stellar:{A}", "stellar:fee_pool")
    assert (fee["amount_base"], fee["ord"]) == ("100", 3 * 2**32)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None}, {"account": None}, {"account": "G" * 5_000}, {"fee_charged": "much"},
        {"fee_charged": -1}, {"closed_at": "yesterday"}, {"transaction_hash": "x" * 2_000},
    ],
)  # fmt: skip
def test_a_fee_of_which_something_is_missing_is_no_transfer(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    source = etl(tmp_path)
    extra = json.loads((source / "transactions.json").read_text()) | {"id": PACKED + 2**12}
    with (source / "transactions.json").open("a") as file:
        file.write("\n" + json.dumps(extra | changes))
    assert run("stellar_etl", tmp_path, source).transfers.height == 1
    with pytest.raises(FormatError, match="the fee of transaction"):
        run("stellar_etl", tmp_path, source, fees="edges")


def test_transactions_without_paging_token_are_all_charged(tmp_path: Path) -> None:
    records = [
        {"id": str(PACKED + 1), "transaction_successful": True, "transaction_hash": "ab" * 32,
         "source_account": A, "type": "payment", "type_i": 1, "from": A, "to": B,
         "created_at": "2020-07-28T00:10:40Z", "amount": "2.5000000", "asset_type": "native"},
    ]  # fmt: skip
    transactions = [
        {"hash": hash_, "ledger": 7, "successful": True, "source_account": A, "fee_charged": fee,
         "fee_account": A, "memo_type": "none", "created_at": "2020-07-28T00:10:40Z"}
        for hash_, fee in (("ab" * 32, "100"), ("cd" * 32, "250"))
    ]  # fmt: skip
    for name, page in (("operations", records), ("transactions", transactions)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"_embedded": {"records": page}}))
    assert run("stellar_horizon", tmp_path, tmp_path).fees == 350
    with pytest.raises(FormatError, match="paging_token"):
        run("stellar_horizon", tmp_path, tmp_path, fees="edges")


@pytest.mark.parametrize("name", FORMATS.members())
def test_fee_edges_are_refused_where_there_are_none(name: str, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "format: csv\nnetwork: n\nfrom: {column: a}\nto: {column: b}\n"
        "amount: {column: c, decimals: 2}\nasset: {constant: n:X}\n"
        "time: {column: d, format: epoch_s}\n"
    )
    mapped = mapping if name in ("csv", "parquet") else None
    options = loader.LoadOptions(fees="edges", mapping=mapped)
    if name in ("stellar_etl", "stellar_horizon"):
        assert check(name, [tmp_path], options)[1].fees == "edges"
    else:
        with pytest.raises(ParameterError, match=f"cannot be 'edges' with {name}") as caught:
            check(name, [tmp_path], options)
        assert caught.value.remedy == "These formats can: stellar_etl, stellar_horizon."


@pytest.mark.parametrize(
    ("field", "longest"), [("transaction_hash", LONGEST_KEY), ("memo", LONGEST_TEXT)]
)
def test_longer_than_those_of_any_ledger(tmp_path: Path, field: str, longest: int) -> None:
    fits = run("stellar_etl", tmp_path, etl(tmp_path, **{field: "x" * longest}))
    assert fits.outcomes == {"moved": 1}
    long = run("stellar_etl", tmp_path, etl(tmp_path, **{field: "x" * (longest + 1)}))
    assert long.outcomes == {"bad_value": 1}


@pytest.mark.parametrize("network", ["", "a b", "n" * 101])
def test_networks_that_are_no_names(network: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="network"):
        check("stellar_etl", [tmp_path], loader.LoadOptions(network=network))
    assert check("stellar_etl", [tmp_path], loader.LoadOptions(network="n" * 100))
