"""Damaged files of Ethereum: every row read has an outcome, and nothing breaks the load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.loader.staged_run import EXACT, VARIANTS, run, survive

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 60
FILES = {
    "ethereum_etl": [
        "ethereum-etl/17173049_transactions.json", "ethereum-etl/17173049_logs.json",
        "ethereum-etl/17173049_blocks.json",
    ],
    "ethereum_etl as a table": ["ethereum-etl/withdrawals_transactions.csv"],
    "faironchain": [
        "faironchain/ethereum__native_transfers__16308189_to_16308191.csv",
        "faironchain/ethereum__blocks__16308189_to_16308191.csv",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_damage_is_counted(name: str, shared_data: Path, tmp_path: Path) -> None:
    form = name.partition(" ")[0]
    whole = []
    for file in FILES[name]:
        lines = (shared_data / "ethereum" / file).read_bytes().split(b"\n")
        whole.append((file.rpartition("/")[2], b"\n".join(lines[: ROWS + 1])))
    exact = (*EXACT, "asset")
    refused, _ = survive(form, tmp_path, dict(whole), exact=exact)
    assert refused < VARIANTS // 4


def test_lines_in_a_wrong_encoding_are_bad_rows(shared_data: Path, tmp_path: Path) -> None:
    sample = shared_data / "ethereum" / FILES["ethereum_etl"][0]
    lines = sample.read_bytes().splitlines()
    lines[3] = lines[3].replace(b"0x", b"\xff\xfe", 1)
    lines[5] = json.dumps({**json.loads(lines[5]), "value": "NaN"}).encode()
    path = tmp_path / "transactions.json"
    path.write_bytes(b"\n".join(lines))
    got = run("ethereum_etl", tmp_path, path)
    assert got.read == 298
    assert got.rejected == {"bad_row": 1, "bad_value": 1}
