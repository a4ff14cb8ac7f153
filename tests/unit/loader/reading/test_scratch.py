from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from loader import owner
from loader.reading.scratch import PREFIX, remove_abandoned, scratch

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_folders_of_killed_loads_are_removed_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    host, number, started = owner.this_process().split("|")
    names = {
        "killed": f"{host}|{number}|{float(started) - 60}",
        "running": owner.this_process(),
        "elsewhere": f"not-{host}|1|1",
    }
    for name, told in names.items():
        (tmp_path / f"{PREFIX}{name}" / "files").mkdir(parents=True)
        (tmp_path / f"{PREFIX}{name}" / "owner").write_text(told)
    (tmp_path / f"{PREFIX}nobody").mkdir()
    remove_abandoned()
    assert {path.name.removeprefix(PREFIX) for path in tmp_path.iterdir()} == {
        "running", "elsewhere", "nobody",
    }  # fmt: skip


def test_a_load_has_an_empty_folder_that_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with scratch() as folder:
        assert list(folder.iterdir()) == []
        # Another load that begins meanwhile leaves it alone.
        remove_abandoned()
        assert folder.is_dir()
    assert list(tmp_path.iterdir()) == []
