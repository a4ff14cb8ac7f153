"""Stores of one home as folders: a new one beside the live one, exchanged by renaming.

The order of the renames makes a killed command harmless: until the mark is set, the kept store is
put back at the next start; from then on the new store, which is whole, stays.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from core.errors import ServerError

if TYPE_CHECKING:
    from pathlib import Path

    from core.server.home import Home

DATABASE = "neo4j"
STAGED = "staged"
"""Name of the database that a replacement is built as."""

_PARTS = ("databases", "transactions")


def discard_staged(home: Home) -> None:
    """Removes a store that was built, or begun, and not taken."""
    for part in _PARTS:
        shutil.rmtree(home.path / "data" / part / STAGED, ignore_errors=True)


def swap(home: Home) -> None:
    """Makes the staged store the live one and keeps the live one aside."""
    kept = _kept(home)
    for part in _PARTS:
        folder = home.path / "data" / part
        kept.joinpath(part).mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / DATABASE).exists():
            (folder / DATABASE).rename(kept / part / DATABASE)
        if (folder / STAGED).exists():
            (folder / STAGED).rename(folder / DATABASE)
    _mark(home).touch()


def put_back(home: Home) -> None:
    """Makes the kept store the live one again; without one nothing happens.

    Raises:
        ServerError: The folders cannot be moved.
    """
    kept = _kept(home)
    if not kept.is_dir():
        return
    try:
        _mark(home).unlink(missing_ok=True)
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


def mend(home: Home) -> None:
    """Puts the kept store back where a killed command left an exchange half done."""
    if not _mark(home).exists():
        put_back(home)


def forget_kept(home: Home) -> None:
    """Gives up the kept store."""
    shutil.rmtree(_kept(home), ignore_errors=True)


def _kept(home: Home) -> Path:
    return home.path / "replaced"


def _mark(home: Home) -> Path:
    return _kept(home) / "complete"
