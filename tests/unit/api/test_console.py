"""Tables are for people: lists of sentences stand one a line, lists of names on one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from api import console

if TYPE_CHECKING:
    import pytest


def test_sentences_stand_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("n:a", ["degree 9 (median 2)", "no counterparty"], ["x", "y"])]
    console.table("", ["account", "reasons", "tags"], rows)
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert cells[-2:] == [["n:a", "degree 9 (median 2)", "x, y"], ["no counterparty"]]


def test_times_are_short_and_say_that_they_are_utc(capsys: pytest.CaptureFixture[str]) -> None:
    console.facts({"last": datetime(2024, 1, 31, 23, 59, 58, 999_000, UTC)})
    assert capsys.readouterr().out.split() == ["last", "2024-01-31", "23:59:58Z"]
