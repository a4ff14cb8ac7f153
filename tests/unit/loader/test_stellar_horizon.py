"""Horizon against stellar-etl on the same ledgers, its layouts, and damaged files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import FormatError
from tests.unit.loader.staged_run import VARIANTS, run, survive

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = ("id", "source", "target", "asset", "amount_base", "ts", "ledger", "ord", "kind", "twin")
A, B = "G" + "A" * 55, "G" + "B" * 55
ISSUER = "G" + "I" * 55


def lines(path: Path) -> list[dict[str, Any]]:
    # Numbers keep their text, so that nothing is rounded on the way.
    return [json.loads(line, parse_float=str) for line in path.read_text().splitlines()]


def operation(row: dict[str, Any], transactions: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """An operation of stellar-etl as Horizon would tell it."""
    details = {key: value for key, value in row["details"].items() if value is not None}
    transaction = transactions[row["transaction_id"]]
    return {
        **details,
        "_links": {"self": {"href": "https://horizon.example/operations/1"}},
        "id": str(row["id"]),
        "paging_token": str(row["id"]),
        "transaction_successful": transaction["successful"],
        "transaction_hash": transaction["transaction_hash"],
        "source_account": row["source_account"],
        "type": row["type_string"],
        "type_i": row["type"],
        "created_at": row["closed_at"],
        **{key: str(details[key]) for key in ("amount", "source_amount") if key in details},
    }


def effect(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row["details"],
        "id": f"{row['operation_id']:019d}-{row['index']:010d}",
        "paging_token": f"{row['operation_id']}-{row['index']}",
        "account": row["address"],
        "type": row["type_string"],
        "type_i": row["type"],
        "created_at": row["closed_at"],
    }


def page(records: list[dict[str, Any]], indent: int | None = None) -> str:
    links = {"self": {"href": "x"}, "next": {"href": "y"}, "prev": {"href": "z"}}
    return json.dumps({"_links": links, "_embedded": {"records": records}}, indent=indent)


@pytest.fixture
def horizon(shared_data: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Operations and effects of ten ledgers, in Horizon's words."""
    folder = shared_data / "stellar"
    transactions = {row["id"]: row for row in lines(folder / "10_ledgers_txs.golden")}
    operations = [operation(row, transactions) for row in lines(folder / "10_ledgers_ops.golden")]
    return operations, [effect(row) for row in lines(folder / "10_ledgers_effects.golden")]


def test_both_sources_of_a_ledger_say_the_same(
    horizon: tuple[list[dict[str, Any]], ...], shared_data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    operations, effects = horizon
    for start in range(0, len(operations), 200):
        (folder / f"operations_{start}.json").write_text(page(operations[start : start + 200]))
    (folder / "effects.json").write_text(page(effects, indent=2))
    stellar = shared_data / "stellar"
    etl = run("stellar_etl", tmp_path, *(stellar / f"10_ledgers_{part}.golden"
                                         for part in ("ops", "txs", "effects")))  # fmt: skip
    got = run("stellar_horizon", tmp_path, folder)
    assert (got.read, got.skipped, got.rejected) == (etl.read, etl.skipped, etl.rejected)
    assert got.transfers.height
    assert got.transfers.select(CONTENT).sort("id").equals(etl.transfers.select(CONTENT).sort("id"))
    assert got.transfers["tx_id"].sort().equals(etl.transfers["tx_id"].sort())
    assert got.assets.sort("id").equals(etl.assets.sort("id"))


def test_every_layout_gives_the_same_transfers(
    horizon: tuple[list[dict[str, Any]], ...], tmp_path: Path
) -> None:
    some = [row for row in horizon[0] if row["type"] in {"payment", "create_account"}]
    texts = [json.dumps(row) for row in some]
    stream = "".join(f"id: {row['id']}\ndata: {text}\n\n"
                     for row, text in zip(some, texts, strict=True))  # fmt: skip
    layouts = {
        "page": page(some),
        "indented": page(some, indent=2),
        "pages": page(some[:20]) + "\n" + page(some[20:]) + "\n" + page([]),
        "list": json.dumps(some),
        "list of pages": json.dumps([json.loads(page(some[:7])), json.loads(page(some[7:]))]),
        "lines": "\n".join(texts) + "\n",
        "byte order mark": "\ufeff" + page(some),
        "stream": f'retry: 1000\nevent: open\ndata: "hello"\n\n: ping\n{stream}data: "byebye"\n',
    }
    found = {}
    for name, text in layouts.items():
        path = tmp_path / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        got = run("stellar_horizon", tmp_path, path)
        found[name] = (got.read, got.skipped, got.rejected, got.transfers.select(CONTENT).rows())
    assert found["page"][0] == len(some)
    assert found["page"][3]
    assert {name for name, what in found.items() if what != found["page"]} == set()


def trade(**changes: object) -> dict[str, object]:
    return {
        "id": "4294971393-0", "paging_token": "4294971393-0", "trade_type": "orderbook",
        "ledger_close_time": "2020-07-28T00:10:40Z",
        "base_account": A, "base_amount": "4.0000000", "base_asset_type": "native",
        "counter_account": B, "counter_amount": "2.0000000",
        "counter_asset_type": "credit_alphanum4", "counter_asset_code": "EUR",
        "counter_asset_issuer": ISSUER, "base_is_seller": False, **changes,
    }  # fmt: skip


OFFER = {
    "id": "4294971393", "transaction_successful": True, "transaction_hash": "h1",
    "source_account": A, "type": "manage_sell_offer", "type_i": 3,
    "created_at": "2020-07-28T00:10:40Z", "amount": "500.0000000",
}  # fmt: skip
FLIPPED = {
    "base_account": B, "base_amount": "2.0000000", "base_asset_type": "credit_alphanum4",
    "base_asset_code": "EUR", "base_asset_issuer": ISSUER, "counter_account": A,
    "counter_amount": "4.0000000", "counter_asset_type": "native", "counter_asset_code": None,
    "counter_asset_issuer": None, "base_is_seller": True,
}  # fmt: skip


@pytest.mark.parametrize("trades", [[trade()], [trade(**FLIPPED)], [trade(), trade(**FLIPPED)]])
def test_a_trade_of_a_pair_is_one_trade_from_either_side(
    trades: list[dict[str, object]], tmp_path: Path
) -> None:
    (tmp_path / "operations.json").write_text(json.dumps([OFFER]))
    (tmp_path / "trades.json").write_text(json.dumps(trades))
    got = run("stellar_horizon", tmp_path, tmp_path / "operations.json", tmp_path / "trades.json")
    assert got.transfers.select("id", "source", "target", "asset", "amount_base").rows() == [
        ("stellar:1:4294971393:0", f"stellar:{A}", f"stellar:{B}", "stellar:XLM", "40000000"),
        ("stellar:1:4294971393:1", f"stellar:{B}", f"stellar:{A}", f"stellar:EUR:{ISSUER}",
         "20000000"),
    ]  # fmt: skip


def test_a_side_row_in_doubt_is_refused(tmp_path: Path) -> None:
    (tmp_path / "operations.json").write_text(json.dumps([OFFER]))
    (tmp_path / "trades.json").write_text(json.dumps([trade(id="17"), trade()]))
    with pytest.raises(FormatError, match="not a record of trades"):
        run("stellar_horizon", tmp_path, tmp_path / "operations.json", tmp_path / "trades.json")


@pytest.mark.parametrize("layout", ["page", "indented", "lines", "stream"])
def test_damage_is_counted(
    layout: str, horizon: tuple[list[dict[str, Any]], ...], tmp_path: Path
) -> None:
    some = [row for row in horizon[0] if row["type"] in {"payment", "create_account"}][:40]
    texts = [json.dumps(row) for row in some]
    joined = ",\n".join(texts)
    content = {
        "page": f'{{"_embedded": {{"records": [\n{joined}\n]}}}}',
        "indented": page(some, indent=1),
        "lines": "\n".join(texts),
        "stream": "".join(f"id: 1\ndata: {text}\n\n" for text in texts),
    }[layout]
    refused, rejected = survive("stellar_horizon", tmp_path, {"operations.json": content.encode()})
    assert refused == 0
    assert rejected >= VARIANTS // 2
