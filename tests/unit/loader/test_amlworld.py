"""AMLworld: what stays on transfers, which assets there are, and damaged files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.loader.staged_run import VARIANTS, run, survive

if TYPE_CHECKING:
    from pathlib import Path

HEADER = (
    "Timestamp,From Bank,Account,To Bank,Account,Amount Received,Receiving Currency,"
    "Amount Paid,Payment Currency,Payment Format,Is Laundering"
)
EXCHANGE = "2022/09/01 00:20,0011,1,001,11,100.5,Euro,117.77,US Dollar,ACH,1"
PLAIN = "2022/09/01 00:21,0011,1,001,11,0.1,Bitcoin,0.1,Bitcoin,Bitcoin,0"


def test_what_was_paid_stays_and_what_is_known_afterwards_does_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{HEADER}\n{EXCHANGE}\n{PLAIN}")
    got = run("amlworld", tmp_path, path)
    extras = got.transfers.select("payment_format", "paid_amount", "paid_asset", "amount").rows()
    assert extras == [
        ("ACH", "117.77", "amlworld:US Dollar", 100.5),
        ("Bitcoin", None, None, 0.1),
    ]
    assert not [name for name in got.transfers.columns if "launder" in name.lower()]
    assets = got.assets.select("id", "symbol", "decimals", "asset_class").sort("id").rows()
    assert assets == [
        ("amlworld:Bitcoin", "Bitcoin", 8, "native"),
        ("amlworld:Euro", "Euro", 2, "fiat"),
        ("amlworld:US Dollar", "US Dollar", 2, "fiat"),
    ]


def test_another_network_carries_its_assets(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"{HEADER}\n{EXCHANGE}")
    row = run("amlworld", tmp_path, path, network="bank").one()
    assert row["id"] == "bank:27699860:0011|1:001|11:10050:0"
    assert (row["asset"], row["paid_asset"]) == ("bank:Euro", "bank:US Dollar")


def test_damage_is_counted(tmp_path: Path) -> None:
    rows = [
        f"2022/09/{day:02d} 00:{place:02d},0{place},A{place},1,B{day},{place}.{day:02d},Euro,"
        f"{place}.{day:02d},Euro,Wire,0"
        for day in range(1, 11)
        for place in range(10, 20)
    ]
    content = "\n".join([HEADER, *rows]).encode()
    refused, rejected = survive("amlworld", tmp_path, {"t.csv": content})
    assert refused < VARIANTS // 4
    assert rejected > VARIANTS
