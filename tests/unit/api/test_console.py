"""Tables are for people: lists of sentences stand one a line, lists of names on one."""

from __future__ import annotations

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
