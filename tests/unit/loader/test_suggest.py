"""Proposed mappings: what is guessed, what is left to a person, and that proposals load."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from api.cli import app
from core.errors import InputError, MappingError
from loader.suggest import suggest
from tests.unit.loader.staged_run import run

if TYPE_CHECKING:
    from pathlib import Path

ADDRESSES = ["0x" + letter * 40 for letter in "abcdef"]


def proposed(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(suggest(path).text)
    assert isinstance(content, dict)
    return content


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "bank.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_proposal_for_real_histories_loads_them(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "ethereum" / "phishing_accounts_transactions.csv.gz"
    proposal = suggest(source)
    assert proposal.missing == ()
    path = tmp_path / "mapping.yaml"
    path.write_text(proposal.text)
    got = run("csv", tmp_path, source, mapping=path)
    assert got.read == 84_665
    assert got.skipped == {"failed_transaction": 5_449, "zero_amount": 23_104}
    assert got.rejected == {}
    verdicts = dict(got.transfers["verdict"].value_counts().iter_rows())
    assert verdicts == {"new": 55_646, "present": 466}


def test_what_cannot_be_told_is_marked_and_refused_until_it_is_filled_in(tmp_path: Path) -> None:
    path = table(tmp_path, "Datum;Absender;Empfänger;Betrag\n31.01.2024;A;B;12.50\n", "cp1252")
    proposal = suggest(path)
    assert set(proposal.missing) == {"to", "asset"}
    found = yaml.safe_load(proposal.text)
    assert (found["delimiter"], found["encoding"], found["network"]) == (";", "cp1252", "bank")
    assert found["from"] == {"column": "Absender"}
    assert found["time"] == {"column": "Datum", "format": "%d.%m.%Y", "timezone": "UTC"}
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(proposal.text)
    with pytest.raises(MappingError):
        run("csv", tmp_path, path, mapping=mapping)
    found["to"], found["asset"] = {"column": "Empfänger"}, {"constant": "bank:EUR"}
    mapping.write_text(yaml.safe_dump(found, allow_unicode=True))
    row = run("csv", tmp_path, path, mapping=mapping).one()
    assert (row["target"], row["amount_base"], row["ts"]) == ("bank:B", "1250", 1_706_659_200_000)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("1600000000", {"format": "epoch_s"}),
        ("1600000000123", {"format": "epoch_ms"}),
        ("1600000000123456", {"format": None}),
        ("17", {"format": None}),
        ("2020-09-13T12:26:40Z", {"format": "iso8601", "timezone": "UTC"}),
        ("2020/09/13 12:26", {"format": "%Y/%m/%d %H:%M", "timezone": "UTC"}),
        ("09/13/2020", {"format": "%m/%d/%Y", "timezone": "UTC"}),
        ("13/09/2020 12:26:40", {"format": "%d/%m/%Y %H:%M:%S", "timezone": "UTC"}),
    ],
)
def test_times_by_their_shape(value: str, time: dict[str, Any], tmp_path: Path) -> None:
    path = table(tmp_path, f"from,to,amount,time\na,b,1.5,{value}\n")
    assert proposed(path)["time"] == {"column": "time", **time}


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("1.25", {"unit": "whole", "decimals": 18}),
        ("1500000000000000000", {"unit": "base", "decimals": 18}),
        ("0x14d1120d7b160000", {"unit": "hex_base", "decimals": 18}),
        ("12", {"unit": "whole", "decimals": 18}),
    ],
)
def test_amounts_by_their_shape(value: str, amount: dict[str, Any], tmp_path: Path) -> None:
    pairs = itertools.pairwise(ADDRESSES)
    rows = "".join(f"{a},{b},{value},1600000000\n" for a, b in pairs)
    found = proposed(table(tmp_path, f"from,to,value,timestamp\n{rows}"))
    assert found["amount"] == {"column": "value", **amount}
    assert (found["network"], found["asset"]) == ("ethereum", {"constant": "ethereum:native"})


def test_a_table_without_header_is_read_by_content(tmp_path: Path) -> None:
    rows = "".join(f"{ADDRESSES[0]}\t{ADDRESSES[1]}\t0.{n}\t160000000{n}\n" for n in range(1, 9))
    found = proposed(table(tmp_path, rows))
    assert (found["has_header"], found["delimiter"]) == (False, "\t")
    assert [found[key]["column"] for key in ("from", "to", "amount", "time")] == [0, 1, 2, 3]


def test_names_that_occur_twice_go_by_their_number(tmp_path: Path) -> None:
    found = proposed(table(tmp_path, "\ufefffrom,,to,to,amount,time\na,1,b,c,1.5,1600000000\n"))
    assert found["to"] == {"column": 2}
    assert found["from"] == {"column": "from"}


def test_success_order_label_and_currency_are_found(tmp_path: Path) -> None:
    path = table(tmp_path,
        "txid,block,tx_index,log_index,sender,receiver,amount,currency,ts,status,fraud\n"
        "x1,7,0,3,a,b,1.50,EUR,1600000000,booked,0\n"
        "x2,7,1,4,b,c,2.50,USD,1600000000,failed,1\n")  # fmt: skip
    found = proposed(path)
    assert found["order"] == ["tx_index", "log_index"]
    assert found["id"] == {"columns": ["txid", "log_index"]}
    assert found["asset"] == {"column": "currency", "template": "bank:{currency}"}
    assert found["success"] == {"column": "status", "equals": ["booked"]}
    assert found["labels"] == [{"column": "fraud", "target": "edge", "positive": ["1"]}]
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(suggest(path).text)
    got = run("csv", tmp_path, path, mapping=mapping)
    assert got.outcomes == {"moved": 1, "failed_transaction": 1}
    assert got.one()["id"] == "bank:7:x1:3"


def test_json_lines_and_parquet(tmp_path: Path) -> None:
    lines = tmp_path / "moves.jsonl"
    rows = [{"sender": "a", "receiver": "b", "amount": 1.5, "created_at": "2020-01-01T00:00:00Z"}]
    lines.write_text("\n".join(json.dumps(row) for row in rows))
    assert proposed(lines)["format"] == "jsonl"
    typed = tmp_path / "moves.parquet"
    frame = pl.DataFrame(rows).with_columns(
        created_at=pl.Series([datetime(2020, 1, 1, 12, tzinfo=UTC)])
    )
    frame.write_parquet(typed)
    found = proposed(typed)
    assert found["format"] == "parquet"
    assert found["time"]["format"] == "iso8601"
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(yaml.safe_dump({**found, "asset": {"constant": "moves:EUR"}}))
    assert run("parquet", tmp_path, typed, mapping=mapping).one()["ts"] == 1_577_880_000_000


@pytest.mark.parametrize("content", [b"\xff\xfea\x00,\x00", b"PAR1 broken", b"from,to\n"])
def test_what_is_no_table_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_bytes(content)
    with pytest.raises(InputError):
        suggest(path)


def test_the_command_prints_yaml_or_one_json_object(tmp_path: Path) -> None:
    path = table(tmp_path, "from,to,amount,currency,time\na,b,1.5,EUR,1600000000\n")
    plain = CliRunner().invoke(app, ["mapping", "suggest", str(path)])
    assert plain.exit_code == 0
    told = CliRunner().invoke(app, ["mapping", "suggest", str(path), "--json"])
    assert yaml.safe_load(plain.stdout) == json.loads(told.stdout)
    assert "# amount: column 'amount'" in plain.stdout
