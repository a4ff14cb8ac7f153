"""Parquet with a mapping file: the same transfers as CSV, every type of column, damaged files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml

from core.errors import ExpectedError
from tests.unit.loader.damages import flip_bits, truncate
from tests.unit.loader.staged_run import EXACT, VARIANTS, run, survive

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).resolve().parents[2] / "cases" / "formats" / "parquet" / "types.yaml"
MAPPING = {
    "network": "toy",
    "format": "parquet",
    "from": {"column": "src"},
    "to": {"column": "dst"},
    "amount": {"column": "amt", "unit": "whole", "decimals": 2},
    "asset": {"constant": "toy:EUR"},
    "time": {"column": "ts", "format": "epoch_s"},
}
TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "Int64": pl.Int64, "UInt64": pl.UInt64, "Int128": pl.Int128, "Float64": pl.Float64,
    "Float32": pl.Float32, "Decimal": pl.Decimal(38, 18), "String": pl.String,
    "Binary": pl.Binary, "Categorical": pl.Categorical(), "Date": pl.Date,
    "Datetime": pl.Datetime("us"), "Berlin": pl.Datetime("ns", "Europe/Berlin"),
    "List": pl.List(pl.Int64), "Boolean": pl.Boolean,
}  # fmt: skip


@pytest.fixture
def mapping(tmp_path: Path) -> Callable[..., Path]:
    def write(**changes: object) -> Path:
        path = tmp_path / "mapping.yaml"
        path.write_text(yaml.safe_dump({**MAPPING, **changes}))
        return path

    return write


def series(values: list[Any], kind: str) -> pl.Series:
    if kind == "Decimal":
        values = [None if value is None else Decimal(str(value)) for value in values]
    elif kind == "Date":
        values = [date.fromisoformat(value) for value in values]
    elif kind == "Datetime":
        values = [datetime.fromisoformat(value) for value in values]
    elif kind == "Berlin":
        values = [datetime.fromisoformat(value).replace(tzinfo=UTC) for value in values]
        return pl.Series(values).dt.cast_time_unit("ns").dt.convert_time_zone("Europe/Berlin")
    elif kind == "Binary":
        values = [value.encode("latin-1") for value in values]
    return pl.Series(values, dtype=TYPES[kind])


@pytest.mark.parametrize("case", yaml.safe_load(CASES.read_text()), ids=lambda case: case["name"])
def test_types(case: dict[str, Any], mapping: Callable[..., Path], tmp_path: Path) -> None:
    rows = {"src": ["a"], "dst": ["b"], "amt": ["1"], "ts": ["1600000000"]}
    count = len(next(iter(case["columns"].values()))["values"])
    columns = {name: pl.Series(values * count) for name, values in rows.items()}
    for name, column in case["columns"].items():
        columns[name] = series(column["values"], column["type"])
    path = tmp_path / "table"
    pl.DataFrame(columns).write_parquet(path)
    options = {"mapping": mapping(**case.get("mapping", {}))}
    if "error" in case:
        with pytest.raises(ExpectedError, match=case["error"]):
            run("parquet", tmp_path, path, **options)
        return
    got = run("parquet", tmp_path, path, **options)
    assert got.adds_up
    assert got.outcomes == case["outcomes"]
    for name, values in case.get("transfers", {}).items():
        assert got.transfers.sort("line")[name].to_list() == values


def test_csv_and_parquet_of_one_table_say_the_same(
    mapping: Callable[..., Path], tmp_path: Path
) -> None:
    frame = pl.DataFrame(
        {
            "src": [f"a{place % 7}" for place in range(500)],
            "dst": [f"b{place % 5}" for place in range(500)],
            "amt": [f"{place}.{place % 100:02d}" for place in range(500)],
            "ts": [1_600_000_000 + place // 3 for place in range(500)],
        }
    )
    frame.write_csv(tmp_path / "table.csv")
    frame.write_parquet(tmp_path / "table.parquet", row_group_size=64)
    typed = frame.with_columns(pl.col("amt").cast(pl.Decimal(18, 2)))
    typed.write_parquet(tmp_path / "typed.parquet")
    csv = run("csv", tmp_path, tmp_path / "table.csv", mapping=mapping(format="csv"))
    for name in ("table.parquet", "typed.parquet"):
        got = run("parquet", tmp_path, tmp_path / name, mapping=mapping())
        assert got.transfers.select(EXACT).equals(csv.transfers.select(EXACT))
        assert got.skipped == csv.skipped == {"zero_amount": 1}


def test_pieces_keep_their_line_numbers(
    mapping: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loader.formats.parquet.PIECE_ROWS", 3)
    path = tmp_path / "table.parquet"
    rows = {"src": list("abcdefg"), "dst": ["z"] * 7, "amt": range(1, 8), "ts": range(7)}
    pl.DataFrame(rows).write_parquet(path, row_group_size=2)
    got = run("parquet", tmp_path, path, mapping=mapping())
    assert got.transfers.sort("line")["line"].to_list() == list(range(1, 8))


def test_what_is_no_parquet_is_refused(mapping: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_text("src,dst,amt,ts\na,b,1,2\n")
    with pytest.raises(ExpectedError, match="no Parquet file"):
        run("parquet", tmp_path, path, mapping=mapping())
    pl.DataFrame({"src": ["a"]}).write_parquet(path)
    with pytest.raises(ExpectedError, match="no column 'dst'"):
        run("parquet", tmp_path, path, mapping=mapping())
    with pytest.raises(ExpectedError, match="with --mapping"):
        run("parquet", tmp_path, path)


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_damage_is_counted_or_refused(
    compression: Any, mapping: Callable[..., Path], tmp_path: Path
) -> None:
    path = tmp_path / "table.parquet"
    pl.DataFrame(
        {
            "src": [f"account{place % 70}" for place in range(2000)],
            "dst": [f"account{place % 50}" for place in range(2000)],
            "amt": [f"{place}.5" for place in range(2000)],
            "ts": [1_600_000_000 + place for place in range(2000)],
        }
    ).write_parquet(path, compression=compression, row_group_size=500)
    content = {"table.parquet": path.read_bytes()}
    refused, _ = survive(
        "parquet", tmp_path, content, damages=[flip_bits, truncate], mapping=mapping()
    )
    assert refused >= VARIANTS // 2
