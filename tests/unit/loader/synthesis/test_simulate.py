"""Simulated ledgers: the same every time, readable, with the tails and rhythm of real ones."""

from __future__ import annotations

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


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    made = simulate(tmp_path, replace(SMALL, format="parquet"))
    assert pl.read_parquet(made.files[0]).equals(rows(SMALL))
    assert "format: parquet" in (tmp_path / "mapping.yaml").read_text(encoding="utf-8")


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
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, option: str, simulation: Simulation) -> None:
    with pytest.raises(ParameterError, match=option):
        simulate(tmp_path, simulation)


def test_its_mapping_is_one(tmp_path: Path) -> None:
    simulate(tmp_path, SMALL)
    assert mapping.read(tmp_path / "mapping.yaml").network == "simulated"
