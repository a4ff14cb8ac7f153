from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import FormatError
from tests.unit.loader import ethereum_oracle as oracle
from tests.unit.loader.staged_run import run

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = "ethereum__blocks__16308189_to_16308191.csv"
TRANSFERS = "ethereum__native_transfers__16308189_to_16308191.csv"
BLOCK_HEADER = "block_hash,author,block_number,timestamp,chain_id"
HEADER = (
    "block_number,block_hash,transaction_index,transfer_index,transaction_hash,from_address,"
    "to_address,value_binary,value_string,value_f64,chain_id"
)
HASH, OTHER = "0x" + "a" * 64, "0x" + "b" * 64
ADA, BOB = "0x" + "1" * 40, "0x" + "2" * 40
WORD = "0x" + "f" * 64
GOOD = [
    "16308189", HASH, "3", "7", OTHER, ADA, BOB, WORD, "1.1579209E+77", "1.1579209E+77", "1",
]  # fmt: skip


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "ethereum" / "faironchain"


def write(folder: Path, *rows: list[str], blocks: list[str] | None = None) -> tuple[Path, Path]:
    """A file of transfers and one of blocks, both with a byte order mark."""
    transfers, times = folder / "transfers.csv", folder / "blocks.csv"
    lines = [HEADER, *(",".join(row) for row in rows)]
    transfers.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    known = [f"{HASH},{ADA},16308189,1672531199,1"] if blocks is None else blocks
    times.write_text("\r\n".join([BLOCK_HEADER, *known]) + "\r\n", encoding="utf-8-sig")
    return transfers, times


def with_cell(place: int, text: str) -> list[str]:
    return [*GOOD[:place], text, *GOOD[place + 1 :]]


def test_sample_agrees_with_the_oracle(sample: Path, tmp_path: Path) -> None:
    answer = oracle.Answer()
    oracle.faironchain(answer, oracle.table(sample / BLOCKS), oracle.table(sample / TRANSFERS))
    got = run("faironchain", tmp_path, sample)
    assert got.read == 2443
    assert got.outcomes == dict(answer.outcomes) == {"zero_amount": 2285, "moved": 158}
    assert sorted(got.edges) == sorted(answer.edges)
    assert oracle.sums(got.edges) == oracle.sums(answer.edges)
    assert [name.rpartition("/")[2] for name in got.left_out] == ["infrastructure.csv"]


def test_largest_value_is_exact_and_every_column_as_the_specification_says(
    tmp_path: Path,
) -> None:
    got = run("faironchain", tmp_path, *write(tmp_path, GOOD)).one()
    assert got["id"] == f"ethereum:16308189:{OTHER}:t7"
    assert got["amount_base"] == str(2**256 - 1)
    assert got["amount"] == (2**256 - 1) / 10**18
    assert (got["ledger"], got["ord"]) == (16308189, 3 * 2**32 + 7 * 2**12)
    assert got["ts"] == 1672531199000
    assert got["flags"] == ["success_unknown"]
    assert (got["kind"], got["asset"], got["tx_id"]) == ("native", "ethereum:native", None)


def test_cells_are_trimmed_and_put_in_lower_case(tmp_path: Path) -> None:
    shouted = [cell.upper().replace("0X", "0x") for cell in GOOD]
    first = run("faironchain", tmp_path, *write(tmp_path, GOOD)).one()
    second = run(
        "faironchain", tmp_path, *write(tmp_path, [f"  {cell} " for cell in shouted])
    ).one()
    assert first["id"] == second["id"]
    assert first["source"] == second["source"]


@pytest.mark.parametrize(
    ("place", "text", "reason"),
    [
        (0, "", "missing_field"),
        (0, "9999", "bad_value"),
        (0, "1000000000", "bad_value"),
        (0, "0xf8d75d", "bad_value"),
        (0, "16308189.0", "bad_value"),
        (0, "16308190", "missing_block"),
        (1, HASH[:-1], "bad_value"),
        (2, "-1", "bad_value"),
        (2, str(2**20), "bad_value"),
        (3, "", "missing_field"),
        (3, str(2**20), "bad_value"),
        (4, OTHER + "0", "bad_value"),
        (5, "", "missing_field"),
        (6, BOB[:-1] + "g", "bad_value"),
        (7, "6.84E+16", "bad_value"),
        (7, "0x" + "f" * 63, "bad_value"),
        (7, "0x" + "f" * 65, "bad_value"),
        (10, "137", "bad_value"),
        (10, "one", "bad_value"),
        (10, "1,1", "bad_row"),
        (10, '"1', "bad_row"),
    ],
)
def test_rows_that_are_refused(tmp_path: Path, place: int, text: str, reason: str) -> None:
    got = run("faironchain", tmp_path, *write(tmp_path, GOOD, with_cell(place, text)))
    assert (got.read, got.outcomes) == (2, {"moved": 1, reason: 1})


def test_chain_is_the_main_one_where_none_is_told(tmp_path: Path) -> None:
    got = run("faironchain", tmp_path, *write(tmp_path, with_cell(10, "")))
    assert got.outcomes == {"moved": 1}


def test_another_chain_needs_a_network_of_its_own(tmp_path: Path) -> None:
    paths = write(tmp_path, with_cell(10, "137"), blocks=[f"{HASH},{ADA},16308189,1672531199,137"])
    assert run("faironchain", tmp_path, *paths).outcomes == {"bad_value": 1}
    got = run("faironchain", tmp_path, *paths, network="polygon").one()
    assert got["id"].startswith("polygon:16308189:")
    assert got["asset"] == "polygon:native"


@pytest.mark.parametrize(
    "block",
    [
        f"{HASH},{ADA},16308189,1399999999,1",
        f"{HASH},{ADA},16308189,2500000001,1",
        f"{HASH},{ADA},16308189,1672531199000,1",
        f"{HASH[:-1]},{ADA},16308189,1672531199,1",
        f"{HASH},{ADA},,1672531199,1",
        f"{HASH},{ADA},16308189",
    ],
)
def test_a_block_that_is_in_doubt_tells_no_time(tmp_path: Path, block: str) -> None:
    got = run("faironchain", tmp_path, *write(tmp_path, GOOD, blocks=[block]))
    assert got.outcomes == {"missing_block": 1}
    assert got.warnings == {"unused_side_rows": 1}


def test_blocks_alone_are_refused(tmp_path: Path) -> None:
    _, blocks = write(tmp_path)
    with pytest.raises(FormatError, match="no native transfers"):
        run("faironchain", tmp_path, blocks)


def test_self_transfer_is_kept_and_flagged(tmp_path: Path) -> None:
    got = run("faironchain", tmp_path, *write(tmp_path, with_cell(6, ADA))).one()
    assert got["flags"] == ["self", "success_unknown"]


def test_a_repeated_row_is_present_and_a_changed_one_altered(tmp_path: Path) -> None:
    got = run("faironchain", tmp_path, *write(tmp_path, GOOD, GOOD, with_cell(6, ADA)))
    assert got.transfers["verdict"].to_list() == ["new", "present", "altered"]
