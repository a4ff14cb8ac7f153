"""Simulated ledgers: the same every time, readable, with the tails and rhythm of real ones."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
import pytest

from core.errors import ParameterError
from loader import mapping
from loader.format import FORMATS, Context
from loader.reading.sources import Source
from loader.report import LoadOptions
from loader.synthesis import simulate as simulating
from loader.synthesis.simulate import Simulation, simulate
from tests.unit.loader.staged_run import run

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Simulation(accounts=300, transfers=6_000, ledgers=4_000, ledger_seconds=600)


def rows(simulation: Simulation) -> pl.DataFrame:
    return pl.concat(simulating.chunks(simulation))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = simulate(tmp_path / "a", SMALL), simulate(tmp_path / "b", SMALL)
    assert first.sha256 == second.sha256
    other = simulate(tmp_path / "c", replace(SMALL, seed=43))
    assert other.sha256["transfers.csv"] != first.sha256["transfers.csv"]


def test_the_csv_format_reads_it(tmp_path: Path) -> None:
    made = simulate(tmp_path, SMALL)
    source = Source("transfers.csv", tmp_path / "transfers.csv", "")
    context = Context(
        "simulated", LoadOptions(mapping=tmp_path / "mapping.yaml"), tmp_path, Counter()
    )
    parcels = list(FORMATS.get("csv").read({"rows": [source]}, context))
    read = pl.concat([parcel.rows for parcel in parcels])
    moved = pl.concat([parcel.transfers for parcel in parcels])
    assert read["reject"].null_count() == read.height == made.rows == SMALL.rows
    assert read["skip"].drop_nulls().unique().to_list() == ["failed_transaction"]
    assert moved.height == made.transfers == made.rows - made.failed
    assert pl.concat([moved["source"], moved["target"]]).n_unique() == made.accounts == 300
    assert moved["id"].n_unique() == moved.height
    assert moved["asset"].n_unique() == 2
    assert moved.select(pl.col("ts").is_sorted(), pl.col("ledger").is_sorted()).row(0) == (
        True,
        True,
    )


def test_parquet_and_json_lines_hold_the_same_rows(tmp_path: Path) -> None:
    made = simulate(tmp_path / "parquet", replace(SMALL, format="parquet"))
    assert pl.read_parquet(made.files[0]).equals(rows(SMALL))
    assert "format: parquet" in made.files[-1].read_text(encoding="utf-8")
    for kind in ("csv", "jsonl"):
        simulate(tmp_path / kind, replace(SMALL, format=kind))
    options = {kind: {"mapping": tmp_path / kind / "mapping.yaml"} for kind in ("csv", "jsonl")}
    table, lines = (
        run("csv", tmp_path, tmp_path / kind / f"transfers.{kind}", **each)
        for kind, each in options.items()
    )
    assert table.transfers.height == rows(SMALL).filter(successful="true").height
    assert table.transfers.drop("line").equals(lines.transfers.drop("line"))


def test_stellar_etl_reads_what_it_would_have_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulating, "_CHUNK_ROWS", 2_000)
    simulation = replace(SMALL, format="stellar_etl")
    made = simulate(tmp_path / "stellar", simulation)
    assert [path.name for path in made.files] == ["operations.jsonl", "transactions.jsonl"]
    got = run("stellar_etl", tmp_path, tmp_path / "stellar", fees="edges")
    assert got.read == made.rows
    assert got.skipped == {"failed_transaction": made.failed}
    assert not got.rejected
    assert not got.warnings
    assert got.fees == 100 * made.rows
    moved = got.transfers.filter(kind="payment").sort("ledger", "ord")
    wanted = rows(simulation).filter(successful="true")
    digits = wanted["amount"].str.replace(".", "", literal=True).str.strip_chars_start("0")
    assert moved["amount_base"].to_list() == digits.to_list()
    assert (moved["ts"] // 1_000).to_list() == wanted["time"].to_list()
    assert moved["ledger"].to_list() == wanted["ledger"].to_list()
    assert moved["asset"].str.strip_prefix("stellar:").to_list() == [
        "XLM" if code == "native" else code for code in wanted["asset"]
    ]
    pairs = {(a, b) for a, b in zip(wanted["sender"], moved["source"], strict=True)}
    pairs |= {(a, b) for a, b in zip(wanted["receiver"], moved["target"], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == made.accounts
    # Strkeys that end in their checksum, as any Stellar software checks it.
    for _, name in sorted(pairs)[:20]:
        data = base64.b32decode(name.removeprefix("stellar:"))
        assert binascii.crc_hqx(data[:-2], 0) == int.from_bytes(data[-2:], "little")
    assert not (tmp_path / "stellar" / "mapping.yaml").exists()


def test_another_format_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    for kind in ("stellar_etl", "parquet", "jsonl", "csv"):
        made = simulate(tmp_path, replace(SMALL, format=kind))
        assert sorted(tmp_path.iterdir()) == sorted(made.files)


def test_chunks_are_bounded_and_whole_ledgers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulating, "_CHUNK_ROWS", 1_000)
    parts = list(simulating.chunks(SMALL))
    assert sum(part.height for part in parts) == SMALL.rows
    assert max(part.height for part in parts) < 1_300
    for before, after in pairwise(parts):
        assert before["ledger"][-1] < after["ledger"][0]


def test_activity_has_a_heavy_tail_and_people_pay_the_same_again() -> None:
    frame = rows(replace(SMALL, accounts=2_000, transfers=40_000))
    sent = frame["sender"].value_counts(sort=True)["count"]
    assert sent.head(20).sum() > 0.08 * frame.height
    assert int((sent < 15).sum()) > len(sent) / 2
    pairs = frame.select(pl.struct("sender", "receiver").alias("pair"))["pair"]
    assert pairs.n_unique() < 0.55 * frame.height


def test_days_and_weeks_have_a_rhythm() -> None:
    time = pl.from_epoch(rows(replace(SMALL, transfers=30_000))["time"])
    hours, days = time.dt.hour(), time.dt.weekday()
    assert int(hours.is_between(9, 16).sum()) > 4 * int(hours.is_between(0, 5).sum())
    assert int((days == 2).sum()) > 1.5 * int((days == 7).sum())


def test_exchanges_are_swept_and_some_pay_themselves() -> None:
    frame = rows(replace(SMALL, transfers=30_000))
    own = frame.filter(pl.col("sender") == pl.col("receiver")).height
    assert 0 < own < 0.02 * frame.height
    swept = frame.group_by("receiver").agg(pl.col("sender").n_unique(), pl.len())
    hubs = swept.sort("len", descending=True).head(20)
    assert hubs.height == 20


@pytest.mark.parametrize(
    ("option", "simulation"),
    [
        ("transfers", Simulation(accounts=100, transfers=50)),
        ("accounts", Simulation(accounts=3)),
        ("ledgers", Simulation(ledgers=0)),
        ("seed", Simulation(seed=-1)),
        ("assets", Simulation(format="stellar_etl", assets=("XLM", "USD"))),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, option: str, simulation: Simulation) -> None:
    with pytest.raises(ParameterError, match=option):
        simulate(tmp_path, simulation)


def test_its_mapping_is_one(tmp_path: Path) -> None:
    simulate(tmp_path, SMALL)
    assert mapping.read(tmp_path / "mapping.yaml").network == "simulated"
