"""The embedded database as one file: taken out of a home, and put back into one.

The server is stopped meanwhile. A restored store is loaded beside the present one and takes its
place by renaming; the present one is kept until the server has come up and was checked.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

from core.errors import ServerError, StartError, StateError, UnreadableError
from core.server.home import Home
from core.server.process import admin, down, exclusive, up

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.server.config import ServerConfig
    from core.server.process import Status

Checked = TypeVar("Checked")

_DATABASE, _STAGED, _REPLACED = "neo4j", "restoring", "replaced"
_PARTS = ("databases", "transactions")
_SECONDS = 4 * 3600.0


def dump(config: ServerConfig, target: Path) -> int:
    """Write the database into a file, whole or not at all, and return its size in bytes.

    A server that ran is stopped and runs again at the end.

    Raises:
        StateError: the home holds no database.
        ServerError: the server cannot be stopped or started, or the dump failed.
    """
    home = Home(config.home)
    if not home.has_store:
        raise StateError(
            f"There is no database in {config.home} yet.", "Load a ledger first, or set "
            "LEDGERGRAPH_HOME."
        )  # fmt: skip
    with exclusive(config):
        was_running = home.process() is not None
        down(config)
        try:
            with TemporaryDirectory(prefix=".ledgergraph-dump-", dir=target.parent) as folder:
                arguments = ("database", "dump", _DATABASE, f"--to-path={folder}")
                _run_recovered(config, *arguments)
                made = Path(folder) / f"{_DATABASE}.dump"
                # It holds everything, the hashes of API keys too.
                made.chmod(0o600)
                size = made.stat().st_size
                made.replace(target)
        finally:
            if was_running:
                up(config)
    return size


def restore(config: ServerConfig, file: Path, check: Callable[[Status], Checked]) -> Checked:
    """Put a dump in the place of the database, start the server and return what `check` finds.

    When the file cannot be loaded, or the server does not come up with it, or `check` fails, the
    database is what it was before.

    Raises:
        UnreadableError: the file is no dump that this server can load.
        ServerError: the server cannot be stopped or started.
    """
    home = Home(config.home)
    with exclusive(config):
        down(config)
        _put_back(home)
        try:
            _load(config, home, file)
            _swap(home)
            try:
                found = check(up(config))
            except BaseException:
                down(config)
                _put_back(home)
                raise
        except BaseException:
            # Why the restore failed matters more than that the old database does not start either.
            with suppress(ServerError):
                up(config)
            raise
        shutil.rmtree(home.path / _REPLACED, ignore_errors=True)
        return found


def _run_recovered(config: ServerConfig, *arguments: str) -> None:
    """Run an admin command, after a start and stop where a killed server left work undone."""
    try:
        admin(config, *arguments, timeout_seconds=_SECONDS)
    except StartError as error:
        if "recover" not in str(error).lower() and "logical log" not in str(error).lower():
            raise
        up(config)
        down(config)
        admin(config, *arguments, timeout_seconds=_SECONDS)


def _load(config: ServerConfig, home: Home, file: Path) -> None:
    _remove(home, _STAGED)
    with TemporaryDirectory(prefix="restore-", dir=home.path / "tmp") as folder:
        link = Path(folder) / f"{_STAGED}.dump"
        link.symlink_to(file.resolve())
        try:
            admin(
                config,
                *("database", "load", _STAGED, f"--from-path={folder}"),
                "--overwrite-destination=true",
                timeout_seconds=_SECONDS,
            )
        except StartError as error:
            _remove(home, _STAGED)
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise UnreadableError(file, f"it is no dump of this server ({lines[-1]})") from error


def _remove(home: Home, database: str) -> None:
    for part in _PARTS:
        shutil.rmtree(home.path / "data" / part / database, ignore_errors=True)


def _swap(home: Home) -> None:
    kept = home.path / _REPLACED
    for part in _PARTS:
        folder = home.path / "data" / part
        kept.joinpath(part).mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / _DATABASE).exists():
            (folder / _DATABASE).rename(kept / part / _DATABASE)
        if (folder / _STAGED).exists():
            (folder / _STAGED).rename(folder / _DATABASE)


def _put_back(home: Home) -> None:
    """Undo a swap that was not confirmed, also that of a command that was killed."""
    kept = home.path / _REPLACED
    if not kept.is_dir():
        return
    try:
        for part in _PARTS:
            if (kept / part / _DATABASE).exists():
                shutil.rmtree(home.path / "data" / part / _DATABASE, ignore_errors=True)
                (kept / part / _DATABASE).rename(home.path / "data" / part / _DATABASE)
        shutil.rmtree(kept)
    except OSError as error:
        raise ServerError(
            f"The database before the restore could not be put back: {error}.",
            f"It is kept in {kept}.",
        ) from error
