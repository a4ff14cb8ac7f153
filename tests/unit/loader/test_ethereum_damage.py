"""Damaged files of Ethereum: every row read has an outcome, and nothing breaks the load."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest

from core.errors import InputError
from tests.unit.loader.ethereum_run import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Damage = Callable[[bytes, random.Random], bytes]

ROWS = 60
VARIANTS = 50
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


def flip_bits(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(20):
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) // 3, len(data))]


def make_ragged(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(5):
        place = chance.randrange(1, len(lines))
        lines[place] = chance.choice([
            lines[place].replace(b",", b"", 1), lines[place] + b",1", lines[place] + b'"',
            lines[place][: len(lines[place]) // 2], lines[place].replace(b'"', b"", 1),
        ])  # fmt: skip
    return b"\n".join(lines)


def wrong_values(data: bytes, chance: random.Random) -> bytes:
    """Numbers become what no number is, or what no chain can hold."""
    wrong = [b"NaN", b"-Infinity", b"null", b"[]", b"{}", b"true", b'"text"', b"9" * 400, b"1e999",
             b"-5", b"1.5", b"0x", b"\xff\xfe", b'"\\ud800"', b"\x00", b"1 000"]  # fmt: skip
    lines = data.split(b"\n")
    for _ in range(12):
        place = chance.randrange(1, len(lines))
        if lines[place].startswith(b"{") and b"\xff" not in lines[place]:
            pairs = lines[place].split(b", ")
            pair = chance.randrange(len(pairs))
            key, _, rest = pairs[pair].partition(b": ")
            close = rest[len(rest.rstrip(b"]}")) :]
            pairs[pair] = key + b": " + chance.choice(wrong) + close
            lines[place] = b", ".join(pairs)
        else:
            cells = lines[place].split(b",")
            cells[chance.randrange(len(cells))] = chance.choice(wrong)
            lines[place] = b",".join(cells)
    return b"\n".join(lines)


DAMAGES: list[Damage] = [flip_bits, truncate, make_ragged, wrong_values]


@pytest.mark.parametrize("name", FILES)
def test_damage_is_counted(name: str, shared_data: Path, tmp_path: Path) -> None:
    form = name.partition(" ")[0]
    whole = []
    for file in FILES[name]:
        lines = (shared_data / "ethereum" / file).read_bytes().split(b"\n")
        whole.append((file.rpartition("/")[2], b"\n".join(lines[: ROWS + 1])))
    refused = 0
    for seed in range(VARIANTS):
        chance = random.Random(seed)  # noqa: S311 - damage, not secrets
        damage = DAMAGES[seed % len(DAMAGES)]
        folder = tmp_path / f"variant_{seed}"
        folder.mkdir()
        for file, data in whole:
            (folder / file).write_bytes(damage(data, chance))
        try:
            got = run(form, tmp_path, folder)
        except InputError:  # a header or a token that cannot be read: said, not traced
            refused += 1
            continue
        assert got.adds_up, f"variant {seed}"
        moved = got.transfers.drop_nulls("row")
        exact = ("id", "source", "target", "asset", "amount_base", "ts", "ledger", "ord", "kind")
        assert set(moved.select(exact).null_count().row(0)) == {0}
        assert all(0 < int(amount) < 2**256 for amount in moved["amount_base"])
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
