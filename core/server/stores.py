"""Stores of one home as folders: a new one beside the live one, exchanged by renaming.

A killed command is harmless at every moment: as long as the kept store is in its folder, the next
command puts it back; that folder's renaming is the moment from which on the new store stays.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import psutil

from core.errors import ServerError

if TYPE_CHECKING:
    from pathlib import Path

    from core.server.home import Home

DATABASE = "neo4j"
STAGED = "staged"
"""Name of the database that a replacement is built as."""

_PARTS = ("databases", "transactions")
_OWNER = "owner"


def discard_staged(home: Home) -> None:
    """Removes a store that was built, or begun, and not taken."""
    for part in _PARTS:
        shutil.rmtree(home.path / "data" / part / STAGED, ignore_errors=True)


def swap(home: Home) -> None:
    """Makes the staged store the live one and keeps the live one aside."""
    kept = _kept(home)
    kept.mkdir(mode=0o700)
    (kept / _OWNER).write_text(_this_process(), encoding="utf-8")
    for part in _PARTS:
        folder = home.path / "data" / part
        kept.joinpath(part).mkdir(mode=0o700)
        if (folder / DATABASE).exists():
            (folder / DATABASE).rename(kept / part / DATABASE)
        if (folder / STAGED).exists():
            (folder / STAGED).rename(folder / DATABASE)


def put_back(home: Home) -> None:
    """Makes the kept store the live one again; without one nothing happens.

    Raises:
        ServerError: The folders cannot be moved.
    """
    kept = _kept(home)
    if not kept.is_dir():
        return
    try:
        for part in _PARTS:
            if (kept / part / DATABASE).exists():
                shutil.rmtree(home.path / "data" / part / DATABASE, ignore_errors=True)
                (kept / part / DATABASE).rename(home.path / "data" / part / DATABASE)
        shutil.rmtree(kept)
    except OSError as error:
        raise ServerError(
            f"The database as it was before could not be put back: {error}.",
            f"It is kept in {kept}.",
        ) from error


def is_half_done(home: Home) -> bool:
    """Whether a command that is not this process began an exchange and has not ended it."""
    try:
        return (_kept(home) / _OWNER).read_text(encoding="utf-8") != _this_process()
    except FileNotFoundError:
        return _kept(home).is_dir()


def mend(home: Home) -> None:
    """Puts the kept store back where a killed command left an exchange half done.

    The home's lock is held, so that a command which began one and is not this process is gone.
    """
    if is_half_done(home):
        put_back(home)
        discard_staged(home)
    shutil.rmtree(_given_up(home), ignore_errors=True)


def forget_kept(home: Home) -> None:
    """Gives up the kept store; from here on the new one stays."""
    shutil.rmtree(_given_up(home), ignore_errors=True)
    if _kept(home).is_dir():
        _kept(home).rename(_given_up(home))
        shutil.rmtree(_given_up(home), ignore_errors=True)


def _kept(home: Home) -> Path:
    return home.path / "replaced"


def _given_up(home: Home) -> Path:
    return home.path / "given_up"


def _this_process() -> str:
    return f"{os.getpid()} {psutil.Process().create_time()}"
