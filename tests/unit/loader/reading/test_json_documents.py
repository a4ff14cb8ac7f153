from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from loader.reading import json_documents
from loader.reading.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = pl.Struct({"hash": pl.String, "n": pl.String})
AROUND = pl.Struct({"height": pl.String})
INDENTED = """\
[
  {
    "hash": "a",
    "n": 1
  },
  {
    "hash": "b,
    "n": 2
  },
  {
    "hash": "c",
    "n": 3
  }
]
"""


def read(folder: Path, content: str | bytes) -> list[tuple[object, ...]]:
    path = folder / "document.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    frames = list(json_documents.records(Source("d", path, ""), FIELDS, AROUND))
    if not frames:
        return []
    shown = pl.concat(frames).with_columns(height=pl.col("around").struct.field("height"))
    return shown.select("line", "malformed", "hash", "place", "within", "height").rows()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", []),
        ("[]", []),
        ('{"height": 5, "tx": []}', []),
        ('{"hash":"a"}\n\n{"hash":"b"}', [(1, False, "a"), (3, False, "b")]),
        ('[{"hash":"a"},{"hash":"b"}]', [(1, False, "a"), (1, False, "b")]),
        (INDENTED, [(2, False, "a"), (6, True, None), (10, False, "c")]),
        ('{"hash":"a"} and {"hash":"b"}', [(1, False, "a"), (1, True, None)]),
        ('[1, {"hash":"a"}]', [(1, True, None), (1, False, "a")]),
        ('{"hash": "a', [(1, True, None)]),
        ('{"hash": ' + "[" * 50_000, [(1, True, None)]),
        (b'\xef\xbb\xbf{"hash":"a"}\n{"hash":"\xff"}', [(1, False, "a"), (2, True, None)]),
    ],
)
def test_objects(tmp_path: Path, content: str | bytes, expected: list[object]) -> None:
    got = [(line, bad, None if bad else name) for line, bad, name, *_ in read(tmp_path, content)]
    assert got == expected


def test_members_of_a_list_know_their_place_and_what_surrounds_them(tmp_path: Path) -> None:
    content = '{"tx": [{"hash": "a"},\n {"hash": "b"}], "height": 12345678901234567890}\n'
    height = "12345678901234567890"
    assert read(tmp_path, content) == [
        (1, False, "a", 0, "tx", height),
        (2, False, "b", 1, "tx", height),
    ]


def test_long_files_are_read_in_parts(tmp_path: Path) -> None:
    objects = ",\n".join(f'  {{\n    "hash": "{"x" * 1000}{n}"\n  }}' for n in range(4000))
    got = read(tmp_path, f"[\n{objects}\n]\n")
    assert [row[0] for row in got] == [2 + 3 * n for n in range(4000)]
    assert not any(row[1] for row in got)


def test_a_broken_object_in_a_long_file_harms_no_other(tmp_path: Path) -> None:
    objects = ",\n".join(f'  {{\n    "hash": "{"x" * 1000}{n}"\n  }}' for n in range(4000))
    broken = objects.replace('x1500"', "x1500")
    got = read(tmp_path, f"[\n{broken}\n]\n")
    assert [number for number, row in enumerate(got) if row[1]] == [1500]
    assert len(got) == 4000
