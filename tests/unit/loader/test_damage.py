"""50 damaged variants of every format that has no such test of its own.

Bits flip, files are cut, rows turn ragged, values become what they cannot be: each row read has one
outcome, nothing becomes null in silence, and nothing breaks the load.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from loader.format import FORMATS
from tests.unit.loader.staged_run import VARIANTS, survive

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 60
MAPPING = """\
network: toy
format: {kind}
from: {{column: src}}
to: {{column: dst}}
amount: {{column: amt, unit: whole, decimals: 2}}
asset: {{column: cur, template: "toy:{{cur}}"}}
time: {{column: ts, format: epoch_s}}
ledger: {{column: block}}
order: [place]
{key}keep: [note]
"""
ELSEWHERE = {
    "amlworld", "elliptic", "elliptic_plus_plus", "ethereum_etl", "faironchain", "parquet",
    "stellar_horizon",
}  # fmt: skip


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode() + b"\n"


def file(folder: Path, name: str) -> Path:
    return folder / f"10_ledgers_{name}.golden"


def stellar(folder: Path) -> dict[str, bytes]:
    """Operations that moved value, with the side rows that they need and no others."""
    parts = {
        name: [json.loads(line) for line in file(folder, name).read_text().splitlines()]
        for name in ("ops", "txs", "effects", "trades")
    }
    moving = {0, 1, 2, 3, 8, 12, 13}
    chosen = [row for row in parts["ops"] if row["type"] in moving][:ROWS]
    operations = {row["id"] for row in chosen}
    transactions = {row["transaction_id"] for row in chosen}
    slim = ("envelope", "result", "meta", "fee_meta")
    return {
        "operations.json": as_lines(chosen),
        "transactions.json": as_lines([
            {k: v for k, v in row.items() if k.removeprefix("tx_") not in slim}
            for row in parts["txs"] if row["id"] in transactions
        ]),
        "effects.json": as_lines([r for r in parts["effects"] if r["operation_id"] in operations]),
        "trades.json": as_lines([
            r for r in parts["trades"] if r["history_operation_id"] in operations
        ]),
    }  # fmt: skip


def bitcoin() -> dict[str, bytes]:
    rows = []
    for n in range(ROWS):
        outputs = [
            {"index": 0, "addresses": [f"1Out{n}"], "type": "pubkeyhash", "value": 900 + n},
            {"index": 1, "addresses": [f"1In{n}"], "type": "pubkeyhash", "value": 90},
        ]
        inputs = [
            {
                "index": 0,
                "spent_transaction_hash": f"{n + 7:064x}",
                "spent_output_index": 0,
                "addresses": [f"1In{n}"],
                "type": "pubkeyhash",
                "value": 1000 + n,
            }
        ]
        rows.append({
            "hash": f"{n + 1000:064x}", "block_number": 500 + n // 3,
            "block_timestamp": 1_270_918_000 + n, "index": n % 3, "is_coinbase": False,
            "inputs": inputs, "outputs": outputs, "fee": 10,
        })  # fmt: skip
    return {"transactions.json": as_lines(rows)}


def explorer(folder: Path) -> dict[str, bytes]:
    """The records of a blockchain.info answer, one a line."""
    found = json.loads((folder / "rawaddr.json").read_text())[:ROWS]
    return {"txs.json": as_lines(found)}


def amlsim() -> dict[str, bytes]:
    nodes = [f"{n},{n % 2},{100 + n}.5,-1" for n in range(20)]
    steps = [f"{n % 20},{n * 7 % 20},{n + 1}.25,{1 + n // 5}" for n in range(ROWS)]
    return {
        "nodes.csv": "\n".join(["nodeid,isFraud,init_balance,fraudStep", *nodes, ""]).encode(),
        "transactions.csv": "\n".join([
            "sourceNodeId,targetNodeId,value,time", *steps, "",
        ]).encode(),
    }  # fmt: skip


def table_rows() -> list[dict[str, str]]:
    return [
        {"tx": f"t{n}", "block": str(n // 4), "place": str(n % 4), "src": f"a{n % 9}",
         "dst": f"b{n * 5 % 11}", "amt": f"{n + 1}.{n % 100:02}", "cur": "EUR",
         "ts": str(1_600_000_000 + n // 4), "note": f'said "{n}", twice' if n % 7 else ""}
        for n in range(ROWS)
    ]  # fmt: skip


def as_csv() -> dict[str, bytes]:
    rows = table_rows()
    cells = [['"' + c.replace('"', '""') + '"' if '"' in c else c for c in r.values()]
             for r in rows]  # fmt: skip
    return {"rows.csv": "\n".join([",".join(rows[0]), *map(",".join, cells), ""]).encode()}


@pytest.mark.parametrize("keyed", [True, False], ids=["keyed", "keyless"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_damaged_tables_are_counted(kind: str, keyed: bool, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING.format(kind=kind, key="id: {columns: [tx]}\n" if keyed else ""))
    files = as_csv() if kind == "csv" else {"rows.jsonl": as_lines(table_rows())}
    refused, rejected = survive("csv", tmp_path, files, mapping=mapping)
    assert refused < VARIANTS // 4
    assert rejected > VARIANTS


@pytest.mark.parametrize("name", ["bitcoin_etl", "blockchain_info", "amlsim"])
def test_damaged_ledgers_are_counted(name: str, shared_data: Path, tmp_path: Path) -> None:
    made = {"bitcoin_etl": bitcoin, "amlsim": amlsim}.get(name)
    files = made() if made else explorer(shared_data / "bitcoin")
    refused, rejected = survive(name, tmp_path, files, whole=("nodes.csv",))
    assert refused < VARIANTS // 4
    assert rejected >= VARIANTS


@pytest.mark.parametrize("every", [False, True], ids=["operations", "every file"])
def test_damaged_stellar_operations_are_counted(
    every: bool, shared_data: Path, tmp_path: Path
) -> None:
    files = stellar(shared_data / "stellar")
    whole = () if every else ("transactions.json", "effects.json", "trades.json")
    refused, rejected = survive("stellar_etl", tmp_path, files, whole=whole)
    # A damaged row of a side file is no row of its own, so that the load is refused.
    assert (refused > VARIANTS // 2) == every
    assert every or rejected > VARIANTS


def test_no_format_is_left_out() -> None:
    here = {"stellar_etl", "bitcoin_etl", "blockchain_info", "amlsim", "csv"}
    assert here | ELSEWHERE == set(FORMATS.names())
