from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from core.errors import FormatError, MissingPathError
from ml.labels import from_file

if TYPE_CHECKING:
    from pathlib import Path

NODES = pl.DataFrame(
    {"idx": [0, 1, 2], "account_id": ["net:1", "net:2", "net:a:b"]},
    schema={"idx": pl.Int32, "account_id": pl.String},
)


def _file(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_ids_with_and_without_network_match_and_the_rest_are_counted(tmp_path: Path) -> None:
    found = from_file(_file(tmp_path, "id,label\n1,1\nnet:2,0\na:b,1\n9,1\n"), NODES)
    assert found.frame.select("idx", "y").rows() == [(0, 1), (1, 0), (2, 1)]
    assert found.unmatched == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,y\n1,1\n", "no column 'label'"),
        ("id,label\n1,2\n", "'2' is not a label"),
        ("id,label\n1,\n", "is not a label"),
        ("id,label\n1,1\n1,0\n", "'1' has both labels"),
        ("id,label\n1,1\nnet:1,1\n", "both with and without"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        from_file(_file(tmp_path, text), NODES)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        from_file(tmp_path / "none.csv", NODES)
