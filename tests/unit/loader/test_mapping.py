"""What a mapping file may not say, told before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from core.errors import MappingError
from loader import families, mapping, verdicts
from loader.format import FORMATS, LONGEST_KEY
from loader.report import LoadOptions
from tests.unit.loader.staged_run import run

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """\
network: m
from: {column: a}
to: {column: b}
amount: {column: v, unit: whole, decimals: 2}
asset: {constant: "m:x"}
time: {column: t, format: epoch_s}
id: {columns: [i]}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MAPPING + "from: {column: c}\n", "the key 'from' occurs twice"),
        (MAPPING.replace("unit: whole", "column: w"), "the key 'column' occurs twice"),
        (MAPPING.replace("epoch_s", "'%d.%m'"), "is no time.format"),
        (MAPPING.replace("epoch_s", "seconds"), "is no time.format"),
        (MAPPING.replace("epoch_s", "'%Y-%m-%d %Q'"), "is no time.format"),
        (MAPPING.replace("columns: [i]", 'template: "e{}"'), "braces without a column"),
        (MAPPING.replace("columns: [i]", 'template: "e{i"'), "without its other half"),
        (MAPPING.replace("columns: [i]", 'template: "all"'), "names no column"),
    ],
)
def test_what_a_mapping_may_not_say(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=reason):
        mapping.read(write(tmp_path, text))


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%s", "%b %d %Y %I:%M %p"]
)
def test_patterns_that_are_times(form: str) -> None:
    assert verdicts.is_time_format(form)


def test_stop_on_error_allows_no_reject(tmp_path: Path) -> None:
    options = LoadOptions(mapping=write(tmp_path, MAPPING), max_rejects=5)
    assert FORMATS.get("csv").choices(options).max_rejects == 5
    write(tmp_path, MAPPING + "on_error: stop\n")
    for name in ("csv", "parquet"):
        assert FORMATS.get(name).choices(options).max_rejects == 0


def test_texts_longer_than_any_ledger_has_are_bad_values(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    fits, long = "x" * (LONGEST_KEY - 2), "x" * LONGEST_KEY
    rows = [f"1,{fits},b,1,5", f"2,{long},b,1,5", f"3,a,{long},1,5", f"{long},a,b,1,5"]
    path.write_text("\n".join(["i,a,b,v,t", *rows, ""]))
    got = run("csv", tmp_path, path, mapping=write(tmp_path, MAPPING))
    assert (got.read, got.rejected) == (4, {"bad_value": 3})
    assert got.transfers["source"].to_list() == [f"m:{fits}"]


HASH, ADDRESS = "0x" + "ab" * 32, "0x" + "cd" * 20


@pytest.mark.parametrize(
    ("mine", "there", "other"),
    [
        (f"ethereum:5:{HASH}:{ADDRESS}:{ADDRESS}:7", f"ethereum:5:{HASH}:v", True),
        (f"ethereum:5:{HASH}:{ADDRESS}:{ADDRESS}:7", f"ethereum:5:{HASH}:t0", True),
        (f"ethereum:5:{HASH}:{ADDRESS}:{ADDRESS}:7", f"ethereum:6:{HASH}:v", False),
        (f"ethereum:5:{HASH}:{ADDRESS}:{ADDRESS}:7", f"ethereum:5:{HASH}:l3", False),
        ("stellar:9:38654709761:a", "stellar:9:38654709761:0", True),
        ("stellar:9:38654709761:a", "stellar:9:38654709761:d", True),
        ("stellar:9:38654709761:a", "stellar:9:38654709761:a", False),
        ("stellar:9:38654709761:a", "stellar:10:42949677057:0", False),
    ],
)
def test_which_ids_tell_of_the_same_money(mine: str, there: str, other: bool) -> None:
    assert families.foreign(pl.Series([mine]), pl.Series([there])).to_list() == [other]
    assert families.foreign(pl.Series([there]), pl.Series([mine])).to_list() == [other]
