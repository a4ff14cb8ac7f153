"""An open folder offers its files by name and refuses those that break the contract."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from core.errors import ContractError, UnknownNameError
from core.registry import OpenFolder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenFolder[str]:
    package = tmp_path / "shelf"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "good.py").write_text("THING = 'good'\n")
    (package / "bad.py").write_text("THING = 7\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("shelf")]:
        del sys.modules[name]
    return OpenFolder("shelf", "THING", str, "thing")


def test_names_come_from_the_files(folder: OpenFolder[str]) -> None:
    assert folder.names() == ["bad", "good"]
    assert folder.get("good") == "good"


def test_a_broken_member_is_named(folder: OpenFolder[str]) -> None:
    with pytest.raises(ContractError, match=r"shelf/bad\.py: must define THING: str"):
        folder.members()


def test_an_unknown_name_lists_the_known(folder: OpenFolder[str]) -> None:
    with pytest.raises(UnknownNameError, match=r"no thing named 'goood'.*'good'.*bad, good"):
        folder.get("goood")
