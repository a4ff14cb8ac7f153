"""An exchange of stores that is killed at any step leaves one whole store: the old or the new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.server import stores
from core.server.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = ("databases", "transactions")


class Killed(BaseException):
    """Stands for SIGKILL: nothing that comes after it is run."""


class Executioner:
    """Kills at the n-th change of the file system, before it is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        for owner, name in (
            (os, "rename"), (os, "mkdir"), (os, "unlink"), (os, "rmdir"), (os, "open"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))
        for name in ("write_text", "touch"):
            monkeypatch.setattr(Path, name, self._counted(getattr(Path, name)))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if self.left is not None:
                if self.left == 0:
                    raise Killed
                self.left -= 1
            return real(*arguments, **options)

        return call

    def run(self, work: Callable[[], None], after: int) -> bool:
        """Whether the work was killed; a killed process leaves its folders as they are."""
        self.left = after
        try:
            work()
        except Killed:
            return True
        finally:
            self.left = None
        return False


def prepare(path: Path) -> Home:
    """A home with a live store `old` and a staged store `new`, each of several files."""
    home = Home(path)
    home.prepare()
    for part in PARTS:
        for folder, content in ((stores.DATABASE, "old"), (stores.STAGED, "new")):
            inside = path / "data" / part / folder / "index"
            inside.mkdir(parents=True)
            for name in ("one", "two"):
                (inside / name).write_text(content)
                (inside.parent / name).write_text(content)
    return home


def live(home: Home) -> set[str]:
    """What stands in the live store; `whole` only if no file is missing."""
    found = set()
    for part in PARTS:
        folder = home.path / "data" / part / stores.DATABASE
        files = [f for f in folder.rglob("*") if f.is_file()]
        found |= {f.read_text() for f in files} | {"missing"} if len(files) != 4 else set()
        found |= {f.read_text() for f in files}
    return found


def exchange(home: Home) -> None:
    stores.mend(home)
    stores.forget_kept(home)
    stores.swap(home)
    stores.forget_kept(home)


@pytest.mark.parametrize("other_process", [True, False])
def test_a_kill_at_any_step_leaves_one_whole_store(
    other_process: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executioner, steps, seen = Executioner(monkeypatch), 0, []
    while True:
        home = prepare(tmp_path / f"exchange_{steps}")
        killed = executioner.run(lambda home=home: exchange(home), steps)  # type: ignore[misc]
        if other_process:
            monkeypatch.setattr(stores, "_this_process", lambda n=steps: f"later {n}")
        stores.mend(home)
        if not other_process and stores._kept(home).is_dir():
            # The process lives and its exchange failed: it puts the store back itself.
            stores.put_back(home)
        (found,) = live(home)
        seen.append(found)
        assert not stores._kept(home).exists()
        assert not stores._given_up(home).exists()
        if not killed:
            break
        steps += 1
    # First the old store, from one moment on the new one, and never back.
    assert steps > 10
    assert seen == sorted(seen, key=["old", "new"].index)
    assert set(seen) == {"old", "new"}


def test_a_kill_while_mending_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executioner = Executioner(monkeypatch)
    monkeypatch.setattr(stores, "_this_process", lambda: "first")
    begun = [prepare(tmp_path / "half"), prepare(tmp_path / "swapped")]
    executioner.run(lambda: stores.swap(begun[0]), 4)
    stores.swap(begun[1])
    monkeypatch.setattr(stores, "_this_process", lambda: "second")
    for half in begun:
        steps, killed = 0, True
        while killed:
            home = Home(tmp_path / f"{half.path.name}_{steps}")
            shutil.copytree(half.path, home.path)
            assert stores.is_half_done(home)
            killed = executioner.run(lambda home=home: stores.mend(home), steps)  # type: ignore[misc]
            stores.mend(home)
            assert live(home) == {"old"}
            assert not stores.is_half_done(home)
            steps += 1
        assert steps > 3
